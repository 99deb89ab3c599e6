import type { Problem } from "../../../problem";

export function hostsProblems(): Problem[] {
  return [];
}
export function hostsWarnings(): string[] {
  return [];
}

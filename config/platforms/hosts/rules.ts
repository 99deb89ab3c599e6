import type { Problem } from "../../problem";

/** What has to fit together in `swarm-ha:hosts`. */
export function hostsProblems(): Problem[] {
  return [];
}

import { isWorld } from "../config/world";
import { PUBLIC_PORTS, type IngressRule } from "./ingress-rules";

/** The rules that open an administrator's port to the world, alone or together with others. */
export function openToWorld<T extends IngressRule>(rules: readonly T[]): T[] {
  const narrow = rules.filter(({ port }) => !PUBLIC_PORTS.includes(port));
  // If spans of ports overlap, the overlap begins at the first port of one of them.
  const crowds = narrow.map((rule) => narrow.filter((other) => reaches(other, rule)));
  const found = new Set(crowds.filter((crowd) => isWorld(crowd.map(({ from }) => from))).flat());
  return narrow.filter((rule) => found.has(rule));
}

/** Whether a rule includes the first port of another one. */
function reaches(rule: IngressRule, other: IngressRule): boolean {
  const [first, last] = span(rule.port);
  const [at] = span(other.port);
  return rule.to === other.to && [other.protocol, "all"].includes(rule.protocol) && first <= at && at <= last;
}

/** First and last port. One that isn't known yet may be any. */
function span(port: string): readonly [number, number] {
  const [first = 0, last = first] = port.split("-").map(Number);
  return Number.isNaN(first) ? [0, 65_535] : [first, last];
}

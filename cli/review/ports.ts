import { ingressRulesOf, type IngressRule } from "../../policy/ingress-rules";
import type { Planned } from "../../policy/planned";
import { openToWorld } from "../../policy/world";
import { byName } from "./instances";
import type { Change } from "./preview";

/** Ingress rules that an update adds and removes. */
export interface PortsReview {
  readonly opened: readonly IngressRule[];
  readonly closed: readonly IngressRule[];
  /** Added rules that open an administrator's port to the world, alone or together with others. */
  readonly world: readonly IngressRule[];
}

/** Compares the ingress rules before and after. A rule that is replaced by one with the same ends opens nothing. */
export function reviewPorts(changes: readonly Change[]): PortsReview {
  const before = rulesBy(changes.map((change) => change.before));
  const after = rulesBy(changes.map((change) => change.after));
  const opened = [...after].filter(([key]) => !before.has(key)).map(([, rule]) => rule);
  const closed = [...before].filter(([key]) => !after.has(key)).map(([, rule]) => rule);
  const world = openToWorld([...after.values()]).filter((rule) => opened.includes(rule));
  return { opened: opened.sort(inOrder), closed: closed.sort(inOrder), world: world.sort(inOrder) };
}

function rulesBy(resources: readonly (Planned | undefined)[]): Map<string, IngressRule> {
  const rules = resources.flatMap((resource) => (resource === undefined ? [] : ingressRulesOf(resource)));
  return new Map(rules.map((rule) => [JSON.stringify([rule.from, rule.to, rule.protocol, rule.port]), rule]));
}

function inOrder(a: IngressRule, b: IngressRule): number {
  return byName(`${a.to} ${a.port} ${a.protocol} ${a.from}`, `${b.to} ${b.port} ${b.protocol} ${b.from}`);
}

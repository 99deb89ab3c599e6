import { allFacts } from "../cli/platform/facts";
import type { Planned } from "./planned";

/** Who may open connections to what, on which port. Egress rules to ranges have this form too: no ingress rule of ours is at their other end. */
export interface IngressRule {
  /** A range of addresses, a security group's name, or another source; `unknown` until the update. */
  readonly from: string;
  /** The security group, host, load balancer or range that is reached; `unknown` until the update. */
  readonly to: string;
  readonly protocol: string;
  /** One port, a span `8000-8100`, or `all`. */
  readonly port: string;
}

/** Ports on which applications may answer the whole world. Source: the table in docs/architecture.md. */
export const PUBLIC_PORTS: readonly string[] = ["80", "443"];

/** The security groups that a resource's rules belong to: URNs, or ids where the resource has literal ids. */
export function groupsOf(resource: Planned): readonly string[] {
  return allFacts().flatMap((platform) => platform.groupsOf(resource));
}

/** Ingress rules of a resource, and its egress rules to ranges. An egress rule to a group is the other half of an ingress rule. */
export function ingressRulesOf(resource: Planned): IngressRule[] {
  return allFacts().flatMap((platform) => platform.ingressRulesOf(resource));
}

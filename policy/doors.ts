import { allFacts } from "../cli/platform/facts";
import type { Planned } from "./planned";

/** A way in, or out to where no rule is ours: who may open connections to what, on which port. */
export interface Door {
  /** A range of addresses, a security group's name, or what else says who; `unknown` until the update tells. */
  readonly from: string;
  /** Likewise: the security group, machine, load balancer or range that is reached. */
  readonly to: string;
  readonly protocol: string;
  /** One port, a span `8000-8100`, or `all`. */
  readonly port: string;
}

/** Ports on which applications may answer the whole world. Source: the table in docs/architecture.md. */
export const PUBLIC_PORTS: readonly string[] = ["80", "443"];

/** The security groups that a resource's doors belong to: URNs, or ids where somebody wrote them out. */
export function groupsOf(resource: Planned): readonly string[] {
  return allFacts().flatMap((platform) => platform.groupsOf(resource));
}

/** All ways in that a resource opens, and ways out to ranges; one to a group is the other end of a way in. */
export function doorsOf(resource: Planned): Door[] {
  return allFacts().flatMap((platform) => platform.doorsOf(resource));
}

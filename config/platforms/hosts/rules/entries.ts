import type { PathPart } from "../../../problem";
import type { LoadBalancerName } from "../../../../plan/roles";
import type { BalancerEntry } from "../load-balancers";
import type { HostsKnown } from "./known";

/** A host of a load balancer, and where the configuration has it. */
export interface Balancer {
  readonly path: readonly PathPart[];
  readonly tier: LoadBalancerName;
  readonly host: BalancerEntry;
}

/** Path of the inventory's entry `i`. */
export function inventoryPath(i: number, ...more: readonly PathPart[]): PathPart[] {
  return ["hosts", "inventory", i, ...more];
}

/** Path of a tier's load balancer. */
export function tierPath(tier: string, ...more: readonly PathPart[]): PathPart[] {
  return ["hosts", "loadBalancers", tier, ...more];
}

/** The load balancers of all tiers. */
export function tiersIn({ hosts }: HostsKnown) {
  const { manager, registry, app } = hosts?.loadBalancers ?? {};
  return Object.entries({ manager, registry, app }).flatMap(([tier, settings]) =>
    settings === undefined ? [] : [{ tier: tier as LoadBalancerName, settings }],
  );
}

/** The hosts of load balancers, as often as they are listed. */
export function balancersIn(known: HostsKnown): Balancer[] {
  return tiersIn(known).flatMap(({ tier, settings }) =>
    (settings.hosts ?? []).map((host, i) => ({ path: tierPath(tier, "hosts", i), tier, host })),
  );
}

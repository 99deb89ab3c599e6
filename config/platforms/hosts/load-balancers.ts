import type { LoadBalancerName } from "../../../plan/roles";
import type { HostsConfig } from ".";

/** A host of load balancers, as the configuration has it. */
export type BalancerEntry = NonNullable<HostsConfig["loadBalancers"]["manager"]["hosts"]>[number];

/** The load balancer of one tier: on hosts of the stack, or one of the user's. */
export type LoadBalancerOf =
  | { readonly kind: "hosts"; readonly hosts: readonly BalancerEntry[]; readonly virtualAddress: string }
  | { readonly kind: "external"; readonly endpoint: string; readonly sources: readonly string[] };

/** The load balancer of a tier, in a checked configuration. */
export function loadBalancerOf(
  { hosts: { loadBalancers } }: { readonly hosts: Pick<HostsConfig, "loadBalancers"> },
  tier: LoadBalancerName,
): LoadBalancerOf {
  const { hosts, virtualAddress, external } = loadBalancers[tier];
  if (external !== undefined) return { kind: "external", ...external };
  if (hosts === undefined || virtualAddress === undefined)
    throw new Error(`the ${tier} load balancer has no hosts, which a rule refuses`);
  return { kind: "hosts", hosts, virtualAddress };
}

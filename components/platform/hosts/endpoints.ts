/** Where people reach the tiers, and the DNS records that lead there. Pure. */
import type { HostsStackConfig } from "../../../config/platforms/hosts";
import { loadBalancerOf } from "../../../config/platforms/hosts/load-balancers";
import { PORTS } from "../../../plan/ports";
import type { LoadBalancerName } from "../../../plan/roles";
import { LOAD_BALANCERS } from "./balancers";
import { endpointParts, type EndpointParts } from "./external";

type Config = Pick<HostsStackConfig, "hosts" | "domain">;

/** Where people reach a tier. */
export function endpointOf(config: Config, tier: LoadBalancerName): EndpointParts {
  const settings = loadBalancerOf(config, tier);
  if (settings.kind === "external") return endpointParts(settings.endpoint);
  if (tier === "registry") return { host: `registry.${config.domain}`, port: PORTS.registry };
  return { host: settings.virtualAddress, port: tier === "manager" ? PORTS.api : PORTS.https };
}

/** The name or address that a tier's DNS record leads to. */
export function targetOf(config: Config, tier: LoadBalancerName): string {
  const settings = loadBalancerOf(config, tier);
  return settings.kind === "hosts" ? settings.virtualAddress : endpointParts(settings.endpoint).host;
}

/** DNS records that people make: name → name or address of a load balancer. */
export function recordsOf(config: Config): Readonly<Record<string, string>> {
  return Object.fromEntries(
    LOAD_BALANCERS.flatMap((tier) => {
      const [record, target] = [`${tier === "app" ? "*.app" : tier}.${config.domain}`, targetOf(config, tier)];
      // The user's own name for it needs no other.
      return record === target ? [] : [[record, target] as const];
    }),
  );
}

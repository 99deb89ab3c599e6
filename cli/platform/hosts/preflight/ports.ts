import { PORTS } from "../../../../plan/ports";
import type { LoadBalancerName } from "../../../../plan/roles";

/** A port that the program needs on a host. */
export interface NeededPort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** HAProxy's statistics on hosts of load balancers (components/platform/haproxy.ts). */
const STATS = 8404;

const tcp = (...ports: readonly number[]): NeededPort[] => ports.map((port) => ({ protocol: "tcp", port }));
const NODE = [...tcp(PORTS.gossip), ...[PORTS.gossip, PORTS.vxlan].map((port) => ({ protocol: "udp" as const, port }))];
const BY_ROLE: Readonly<Record<string, readonly NeededPort[]>> = {
  manager: [...tcp(PORTS.api, PORTS.swarm, PORTS.health, PORTS.readOnlyApi), ...NODE],
  registry: [...tcp(PORTS.registry, PORTS.registryHealth), ...NODE],
  worker: [...tcp(PORTS.http, PORTS.https, PORTS.ping), ...NODE],
};
const BY_TIER: Readonly<Record<LoadBalancerName, readonly NeededPort[]>> = {
  manager: tcp(PORTS.api),
  registry: tcp(PORTS.registry),
  app: tcp(PORTS.http, PORTS.https),
};

/** The ports that the program needs on a host. Pure. @param tiers those whose traffic it forwards */
export function neededPorts(role: string, tiers: readonly LoadBalancerName[]): readonly NeededPort[] {
  const balancer = tiers.length === 0 ? [] : [...tcp(STATS), ...tiers.flatMap((tier) => BY_TIER[tier])];
  return [...(BY_ROLE[role] ?? []), ...balancer];
}

/** Load balancers on hosts of the configuration: HAProxy's and keepalived's settings. Pure. */
import type { HostsStackConfig } from "../../../config/platforms/hosts";
import { loadBalancerOf, type LoadBalancerOf } from "../../../config/platforms/hosts/load-balancers";
import { bastionOf, loadBalancerHosts } from "../../../config/platforms/hosts/logins";
import type { HostSpec } from "../../../plan/placement";
import { PORTS } from "../../../plan/ports";
import type { LoadBalancerName, Role } from "../../../plan/roles";
import {
  applicationListeners,
  loadBalancerSettings,
  managerListener,
  registryListener,
  STATS_PORT,
  type Listener,
} from "../haproxy";
import { ALIVE_SOCKET, keepalivedSettings, type VirtualAddress } from "./keepalived";

type Config = Pick<HostsStackConfig, "hosts">;

/** A load balancer on hosts of the configuration. */
export type OwnLoadBalancer = Extract<LoadBalancerOf, { readonly kind: "hosts" }>;

/** All tiers with load balancers, in the order of the configuration. */
export const LOAD_BALANCERS = ["manager", "registry", "app"] as const satisfies readonly LoadBalancerName[];

/** The hosts that each load balancer forwards to. */
const MEMBERS: Readonly<Record<LoadBalancerName, Role>> = { manager: "manager", registry: "registry", app: "worker" };

/** What runs on a host of load balancers. */
export interface BalancerFiles {
  /** haproxy.cfg. */
  readonly haproxy: string;
  /** keepalived.conf, with {@link INTERFACE} in place of the interface's name. */
  readonly keepalived: string;
}

/** The listeners of a tier, whoever forwards. */
export function listenersOf(tier: LoadBalancerName, hosts: readonly HostSpec[]): Listener[] {
  const members = hosts
    .filter(({ role }) => role === MEMBERS[tier])
    .map(({ name, address }) => {
      if (address === undefined) throw new Error(`the inventory has no address for ${name}`);
      return { name, address };
    });
  if (tier === "manager") return [managerListener(members)];
  return tier === "registry" ? [registryListener(PORTS.registry, members)] : applicationListeners(members);
}

/** URL of the state of a tier's members. */
export function statsUrl(tier: LoadBalancerName, { virtualAddress }: OwnLoadBalancer): string {
  return `http://${virtualAddress}:${String(STATS_PORT)}${pathOf(tier)};csv`;
}

/** The files of a host of load balancers. */
export function balancerFiles(config: Config, hosts: readonly HostSpec[], host: string): BalancerFiles {
  const tiers = LOAD_BALANCERS.flatMap((tier) => {
    const settings = loadBalancerOf(config, tier);
    if (settings.kind === "external" || !settings.hosts.some(({ name }) => name === host)) return [];
    const address = settings.virtualAddress;
    return [{ tier, address, listeners: listenersOf(tier, hosts).map((listener) => ({ ...listener, address })) }];
  });
  const haproxy = loadBalancerSettings(
    tiers.flatMap(({ listeners }) => listeners),
    {
      socket: "/run/haproxy/admin.sock",
      states: "/run/haproxy/states",
      addresses: unique(tiers.map(({ address }) => address)),
      readers: readers(config, hosts),
      pages: tiers.map(({ tier, listeners }) => ({ path: pathOf(tier), listeners })),
      sections: ALIVE,
    },
  );
  return { haproxy, keepalived: keepalivedSettings(host, virtualAddresses(config)) };
}

/** The virtual addresses of a stack, each once. */
export function virtualAddresses(config: Config): VirtualAddress[] {
  const found = new Map<string, VirtualAddress>();
  for (const tier of LOAD_BALANCERS) {
    const settings = loadBalancerOf(config, tier);
    if (settings.kind === "external" || found.has(settings.virtualAddress)) continue;
    const own = settings.hosts.map(({ name, address }) => ({ name, address }));
    found.set(settings.virtualAddress, { address: settings.virtualAddress, hosts: own });
  }
  return [...found.values()];
}

/** keepalived asks here whether this HAProxy answers. */
const ALIVE = `
frontend alive
  mode http
  bind unix@${ALIVE_SOCKET} mode 600
  timeout client 2s
  monitor-uri /
`;

function pathOf(tier: LoadBalancerName): string {
  return `/stats/${tier}`;
}

/**
 * Who may read the members' state: all hosts of the stack. (The bastion asks, which may be any of them. A host that has the
 * virtual address asks from that address.)
 */
function readers(config: Config, hosts: readonly HostSpec[]): string[] {
  return unique([
    bastionOf(config).privateAddress,
    ...loadBalancerHosts(config).map(({ login }) => login.address),
    ...virtualAddresses(config).map(({ address }) => address),
    ...hosts.flatMap(({ address }) => address ?? []),
  ]);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

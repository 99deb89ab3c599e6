import type { Role } from "./roles";
import { spareHost, type Spare } from "./spare";
import { addressPlan, type AddressConfig } from "./addressing";

/** A planned host: plain values only, so that loops over hosts are never inside `apply`. */
export interface HostSpec {
  /** Its name in the stack, in the swarm and as host name: `manager-1`, `registry-2`, `<pool>-3`. */
  readonly name: string;
  /** What it does in the swarm. */
  readonly role: Role;
  /** Its failure zone. */
  readonly zone: string;
  /** The pool of a worker; `manager` and `registry` for the other tiers. */
  readonly pool: string;
  /** Engine labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Fixed private address of managers and registries. The platform assigns workers an address of their zone's range. */
  readonly address?: string;
}

/** The part of the configuration that placement depends on. */
export interface PlacementConfig extends AddressConfig {
  /** Hosts that exist already. @default counts and zones say which hosts there are */
  readonly inventory?: readonly HostSpec[];
  readonly managers: OwnZones & { readonly count: number };
  readonly registry: OwnZones & { readonly replicas: number };
  /** Pools of workers by name, in the order of their hosts. */
  readonly workers: Readonly<
    Record<string, OwnZones & { readonly count: number; readonly labels: Readonly<Record<string, string>> }>
  >;
}

/** Zones of a tier or pool. */
interface OwnZones {
  /** A subset of the stack's zones. @default all of them, in their order */
  readonly zones?: readonly string[] | undefined;
}

/**
 * The zone of a tier's or pool's n-th host (from 1): round robin, so that counts in any two zones differ by at most
 * one, and growing or shrinking a tier moves no host.
 *
 * @throws Error when there are no zones or n is below 1 (checked configurations never cause this)
 */
function zoneOf(n: number, zones: readonly string[]): string {
  const zone = zones[(n - 1) % zones.length];
  if (zone === undefined) throw new Error(`no zone for host ${n} in ${zones.length} zones`);
  return zone;
}

/** How many of a tier's or pool's hosts land in each zone. */
export function spread(count: number, zones: readonly string[]): Map<string, number> {
  const spread = new Map(zones.map((zone) => [zone, 0]));
  for (let n = 1; n <= count; n++) {
    const zone = zoneOf(n, zones);
    spread.set(zone, (spread.get(zone) ?? 0) + 1);
  }
  return spread;
}

/** How many hosts of a tier or pool there are in each zone: by the inventory, where there is one, else round robin. */
export function hostsByZone(
  { zones, inventory }: { readonly zones: readonly string[]; readonly inventory?: readonly HostSpec[] | undefined },
  { pool, count, zones: own }: OwnZones & { readonly pool: string; readonly count: number },
): Map<string, number> {
  if (inventory === undefined) return spread(count, [...new Set(own ?? zones)]);
  const found = new Map(zones.map((zone) => [zone, 0]));
  for (const host of inventory) if (host.pool === pool) found.set(host.zone, (found.get(host.zone) ?? 0) + 1);
  return found;
}

/**
 * All hosts of a stack: managers, registries, then the pools in the order of the configuration.
 *
 * @param spare a worker besides those of the configuration, the last of its pool @default none
 */
export function planHosts(config: PlacementConfig, spare?: Spare): HostSpec[] {
  if (config.inventory !== undefined) {
    // The commands refuse this before: see cli/operations/surge.ts.
    if (spare !== undefined) throw new Error("there is no spare worker: the configuration lists the hosts that exist");
    return [...config.inventory];
  }
  const addresses = addressPlan(config);
  const tier = (role: Role, pool: string, count: number, own: readonly string[] | undefined): HostSpec[] =>
    Array.from({ length: count }, (_, i) => ({
      name: `${pool}-${i + 1}`,
      role,
      zone: zoneOf(i + 1, own ?? config.zones),
      pool,
      labels: role === "worker" ? (config.workers[pool]?.labels ?? {}) : {},
    }));
  const fixed = (host: HostSpec, i: number): HostSpec => ({
    ...host,
    address: addresses.hostAddress(host.zone, host.role === "manager" ? "manager" : "registry", i + 1),
  });
  return [
    ...tier("manager", "manager", config.managers.count, config.managers.zones).map(fixed),
    ...tier("registry", "registry", config.registry.replicas, config.registry.zones).map(fixed),
    ...Object.entries(config.workers).flatMap(([pool, { count, zones }]) => [
      ...tier("worker", pool, count, zones),
      ...(spare?.pool === pool ? [spareHost(spare, count, config.workers[pool]?.labels ?? {})] : []),
    ]),
  ];
}

import { parseRange, rangeText, toNumber, toText, type Ipv4Range } from "./ipv4";
import type { LoadBalancerName } from "./roles";

/** Number of equal blocks of the hosts' range: one for the infrastructure, the others for zones. */
export const BLOCKS = 8;

/**
 * Places inside a block. The first eight stay free, because clouds keep the first addresses of a subnet for
 * themselves (AWS: four and the last one). Managers and registries have a place by their number: an
 * address depends only on name and zone.
 */
const PLACE = { gateway: 1, bastion: 8, loadBalancers: 16, manager: 8, registry: 16, workers: 24 } as const;

/** Places that each of the two tiers with fixed addresses has in a zone. */
const TIER_PLACES = 8;

/** Prefix length of each overlay network: Docker's default, and the size its documentation says not to exceed. */
const OVERLAY_NETWORK_PREFIX = 24;

/** Prefix length of each bridge network inside a host. */
const ENGINE_NETWORK_PREFIX = 24;

/** First and last address, both included. */
export interface AddressSpan {
  readonly first: string;
  readonly last: string;
}

/** The addresses of one zone. */
export interface ZonePlan {
  /** Its block, CIDR. */
  readonly cidr: string;
  /** Addresses of workers. */
  readonly workers: AddressSpan;
  /** Addresses of managers and registries, CIDR. They are reserved for them. */
  readonly fixed: readonly string[];
}

/** The address plan. It depends only on `network.hosts` and the order of `zones`, never on the number of hosts. */
export interface AddressPlan {
  /** The whole range, CIDR. */
  readonly cidr: string;
  /** Address of the network's gateway. */
  readonly gateway: string;
  /** Address of the bastion. */
  readonly bastion: string;
  /** Addresses of the load balancers. */
  readonly loadBalancers: Readonly<Record<LoadBalancerName, string>>;
  /** By zone: its block (CIDR), and the addresses that workers get theirs from. */
  readonly zones: Readonly<Record<string, ZonePlan>>;
  /**
   * The fixed address of a tier's n-th host (from 1).
   *
   * @throws Error when the zone isn't one of the stack's.
   */
  readonly hostAddress: (zone: string, tier: "manager" | "registry", n: number) => string;
}

/** What the address plan depends on. */
export interface AddressConfig {
  /** Failure zones, each once, in placement order. */
  readonly zones: readonly string[];
  /** The hosts' range, CIDR. */
  readonly network: { readonly hosts: string };
  /**
   * Ranges of the hosts by zone, CIDR, in an existing network.
   *
   * @default a block of `network.hosts` for each zone
   */
  readonly zoneRanges?: Readonly<Record<string, string>>;
}

/** Cuts the hosts' range into its places. */
export function addressPlan(config: AddressConfig): AddressPlan {
  const whole = parseRange(config.network.hosts);
  const infrastructure = block(whole, 0);
  const at = (range: Ipv4Range, place: number): string => toText(range.first + place);
  const blocks = new Map(
    config.zones.map((zone, i) => {
      const own = config.zoneRanges?.[zone];
      return [zone, own === undefined ? block(whole, i + 1) : parseRange(own)];
    }),
  );
  return {
    cidr: rangeText(whole),
    gateway: at(infrastructure, PLACE.gateway),
    bastion: at(infrastructure, PLACE.bastion),
    loadBalancers: {
      manager: at(infrastructure, PLACE.loadBalancers),
      registry: at(infrastructure, PLACE.loadBalancers + 1),
      app: at(infrastructure, PLACE.loadBalancers + 2),
    },
    zones: Object.fromEntries(
      [...blocks].map(([zone, range]) => [
        zone,
        // The last address of a zone's block is its broadcast address wherever the block is a subnet.
        {
          cidr: rangeText(range),
          workers: { first: at(range, PLACE.workers), last: toText(range.last - 1) },
          fixed: [PLACE.manager, PLACE.registry].map((place) =>
            rangeText({ first: range.first + place, prefix: 32 - Math.log2(TIER_PLACES) }),
          ),
        },
      ]),
    ),
    hostAddress: (zone, tier, n) => {
      const range = blocks.get(zone);
      if (range === undefined) throw new Error(`'${zone}' isn't one of the zones ${config.zones.join(", ")}`);
      return at(range, PLACE[tier] + n - 1);
    },
  };
}

/** How many workers fit into one zone with this prefix length of the hosts' range; negative if there is no room at all. */
export function workersPerZone(hostsPrefix: number): number {
  return 2 ** (32 - hostsPrefix) / BLOCKS - PLACE.workers - 1;
}

/**
 * The lowest free address of a span.
 *
 * @throws Error when all are taken.
 */
export function freeAddress(span: AddressSpan, taken: Iterable<string>): string {
  const used = new Set(taken);
  for (let address = toNumber(span.first); address <= toNumber(span.last); address++) {
    if (!used.has(toText(address))) return toText(address);
  }
  throw new Error(
    `all addresses from ${span.first} to ${span.last} are taken; a larger swarm-ha:network.hosts has more`,
  );
}

/** Network settings of a host's Docker engine. */
export interface EngineNetwork {
  /** `bip`: address and prefix of the default bridge. */
  readonly bip: string;
  /** `default-address-pools`: where other bridge networks, docker_gwbridge among them, get their subnets. */
  readonly defaultAddressPools: readonly { readonly base: string; readonly size: number }[];
}

/** What {@link engineNetwork} depends on. */
export interface EngineConfig {
  /** The Docker engines' own range, CIDR. */
  readonly network: { readonly engine: string };
}

/** Splits the Docker engines' range: the default bridge at its start, the pool in its upper half, so they never overlap. */
export function engineNetwork(config: EngineConfig): EngineNetwork {
  const range = parseRange(config.network.engine);
  const half = (range.last + 1 - range.first) / 2;
  return {
    bip: `${toText(range.first + 1)}/${ENGINE_NETWORK_PREFIX}`,
    defaultAddressPools: [
      { base: rangeText({ first: range.first + half, prefix: range.prefix + 1 }), size: ENGINE_NETWORK_PREFIX },
    ],
  };
}

/** The range of overlay networks. */
export interface OverlayRange {
  /** The whole range, CIDR. */
  readonly overlay: string;
  /** Prefix length of the network that applications share, bits. */
  readonly apps: number;
}

/** Arguments of `swarm init` for overlay networks: `--default-addr-pool` and `--default-addr-pool-mask-length`. */
export function overlayNetwork(config: { readonly network: Pick<OverlayRange, "overlay"> }): {
  readonly pool: string;
  readonly size: number;
} {
  return { pool: rangeText(parseRange(config.network.overlay)), size: OVERLAY_NETWORK_PREFIX };
}

/** Range of the overlay network that applications share, CIDR: the end of `overlay`. Docker assigns other networks from its beginning. */
export function appsNetwork(config: { readonly network: OverlayRange }): string {
  const prefix = config.network.apps;
  return rangeText({ first: parseRange(config.network.overlay).last + 1 - 2 ** (32 - prefix), prefix });
}

/** Addresses that a worker without tasks takes in the applications' network: its ingress's, and the node's own. */
const APPS_PLACES_OF_WORKER = 2;

/**
 * How many tasks of applications each worker can run with this prefix length of the applications' network; negative
 * if there is no room for the ingress itself. (Network, broadcast and gateway take three, and the ingress's ping one.)
 */
export function tasksPerWorker(appsPrefix: number, workers: number): number {
  return Math.floor((2 ** (32 - appsPrefix) - 4) / workers) - APPS_PLACES_OF_WORKER;
}

/** One of the {@link BLOCKS} equal parts of a range; index from 0. */
export function block(whole: Ipv4Range, index: number): Ipv4Range {
  const size = (whole.last + 1 - whole.first) / BLOCKS;
  const first = whole.first + index * size;
  return { first, last: first + size - 1, prefix: whole.prefix + Math.log2(BLOCKS) };
}

import type { HostSpec } from "./placement";

/** A host, as far as batches need it. */
export type PlannedHost = Pick<HostSpec, "name" | "role" | "pool" | "zone">;

/** Default for hosts of a pool that may be away at once: a third, as many as a lost zone takes. */
function defaultUnavailable(count: number): number {
  return Math.max(1, Math.floor(count / 3));
}

/** How many hosts of a tier or pool an update may take away at once: never all, unless there is only one. */
export function maxUnavailable(wanted: number | undefined, count: number): number {
  return Math.max(1, Math.min(wanted ?? defaultUnavailable(count), count - 1));
}

/** The configuration that batches depend on: how many hosts of a tier or pool may be away at once. */
export interface BatchConfig {
  readonly registry: Batch & { readonly replicas: number };
  /** By pool. */
  readonly workers: Readonly<Record<string, Batch & { readonly count: number }>>;
}

interface Batch {
  /** @default see {@link defaultUnavailable} */
  readonly maxUnavailable?: number | undefined;
}

/** Lines of the bastion's file of desired hosts, which scripts/lib/turns.sh reads: `name role pool zone maxUnavailable`. */
export function hostLines(hosts: readonly PlannedHost[], config: BatchConfig): string[] {
  return hosts.map(({ name, role, pool, zone }) => {
    const count = hosts.filter((other) => other.role === role && other.pool === pool).length;
    const wanted =
      role === "registry"
        ? config.registry.maxUnavailable
        : role === "worker"
          ? config.workers[pool]?.maxUnavailable
          : 1;
    return [name, role, pool, zone, maxUnavailable(wanted, count)].join(" ");
  });
}

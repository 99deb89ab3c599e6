import type { HostSpec } from "../plan/placement";
import type { PathPart } from "./problem";
import type { StackValues } from "./schema/types";

/** The hosts of a platform that creates none, as its configuration lists them. */
export interface Inventory {
  /** In the order of the plan. */
  readonly hosts: readonly HostSpec[];
  /** What the hosts of a pool have in common; `registry` is the pool of the registry hosts. */
  readonly pools: Readonly<
    Record<string, { readonly labels: Readonly<Record<string, string>>; readonly maxUnavailable?: number | undefined }>
  >;
  /** Where the configuration has the two, for errors. */
  readonly at: { readonly hosts: readonly PathPart[]; readonly pools: readonly PathPart[] };
}

/** The tiers that follow from an inventory, in the form that the configuration of other platforms has. */
export function tiersOf({ hosts, pools }: Inventory): Pick<StackValues, "managers" | "registry" | "workers"> {
  const count = (pool: string): number => hosts.filter((host) => host.pool === pool).length;
  const most = (pool: string): { maxUnavailable?: number } => {
    const maxUnavailable = pools[pool]?.maxUnavailable;
    return maxUnavailable === undefined ? {} : { maxUnavailable };
  };
  const names = new Set(hosts.filter(({ role }) => role === "worker").map(({ pool }) => pool));
  return {
    managers: { count: count("manager") },
    registry: { replicas: count("registry"), ...most("registry") },
    workers: Object.fromEntries(
      [...names].map((pool) => [pool, { count: count(pool), labels: { ...pools[pool]?.labels }, ...most(pool) }]),
    ),
  };
}

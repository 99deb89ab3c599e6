import { hostsByZone } from "../../plan/placement";
import type { Inventory } from "../inventory";
import type { Known } from "../known";
import { keyText, valueText, type PathPart, type Problem } from "../problem";

/** From this many hosts on, a tier has to survive the loss of a zone. */
const SPREAD_FROM = 3;

/** A tier of three or more hosts must not lie in one zone alone. (For managers, the rule of the majority is stricter.) */
export function tierProblems(known: Known): Problem[] {
  return [...registryProblems(known), ...workerProblems(known), ...batchProblems(known)];
}

/** An update never takes all hosts of a tier or pool out of service, unless there is only one. */
function batchProblems({ registry, workers = {}, inventory }: Known): Problem[] {
  const pathOf = (pool: string, otherwise: readonly string[]): readonly PathPart[] =>
    inventory === undefined ? otherwise : [...inventory.at.pools, pool];
  const tiers = [
    { path: pathOf("registry", ["registry"]), count: registry?.replicas, most: registry?.maxUnavailable },
    ...Object.entries(workers).map(([pool, { count, maxUnavailable }]) => ({
      path: pathOf(pool, ["workers", pool]),
      count,
      most: maxUnavailable,
    })),
  ];
  return tiers.flatMap(({ path, count, most }) => {
    if (count === undefined || most === undefined || count < 2 || most < count) return [];
    return [
      {
        key: keyText([...path, "maxUnavailable"]),
        got: `${valueText(most)} of ${String(count)} hosts`,
        allowed: `a number from 1 to ${String(count - 1)}, so that some stay`,
        fix: `write maxUnavailable: ${String(Math.max(1, Math.floor(count / 3)))}, or leave the key out`,
      },
    ];
  });
}

function registryProblems({ registry, zones: all, inventory }: Known): Problem[] {
  const zones = registry?.zones ?? all;
  if (registry?.replicas === undefined || zones === undefined) return [];
  const counts = hostsByZone(
    { zones, inventory: inventory?.hosts },
    { pool: "registry", count: registry.replicas, zones: registry.zones },
  );
  if (inventory !== undefined) return inventoryInOneZone(counts, inventory, "registry nodes");
  const key = registry.zones === undefined ? ["zones"] : ["registry", "zones"];
  return inOneZone(
    counts,
    key,
    zones,
    "registry nodes",
    "add a zone, or set swarm-ha:registry to { replicas: 2 } or less",
  );
}

function workerProblems({ workers, allPools, zones: all, inventory }: Known): Problem[] {
  if (workers === undefined || all === undefined || !allPools) return [];
  const counts = new Map<string, number>();
  for (const [pool, { count, zones }] of Object.entries(workers)) {
    for (const [zone, inZone] of hostsByZone({ zones: all, inventory: inventory?.hosts }, { pool, count, zones })) {
      counts.set(zone, (counts.get(zone) ?? 0) + inZone);
    }
  }
  if ([...counts.values()].every((count) => count === 0)) {
    const allowed = "at least 1 worker in all pools together";
    return inventory === undefined
      ? [{ key: keyText(["workers"]), got: valueText(workers), allowed, fix: "write { worker: { count: 3 } }" }]
      : [{ key: keyText(inventory.at.hosts), got: "no host with the role worker", allowed, fix: "add a worker" }];
  }
  if (inventory !== undefined) return inventoryInOneZone(counts, inventory, "workers");
  if (new Set(all).size === 1)
    return inOneZone(counts, ["zones"], all, "workers", "add a zone, or have no more than 2 workers");
  const order = [...all.slice(1), ...all.slice(0, 1)].join(", ");
  return inOneZone(
    counts,
    ["workers"],
    workers,
    "workers",
    `let a pool begin in another zone, for instance with zones: [${order}]`,
  );
}

function inOneZone(
  counts: ReadonlyMap<string, number>,
  path: readonly PathPart[],
  value: unknown,
  what: string,
  fix: string,
): Problem[] {
  const got = (count: number, zone: string): string =>
    `${valueText(value)}, which puts all ${count} ${what} into ${zone}`;
  return crowded(counts, { path, what, got, fix });
}

function inventoryInOneZone(counts: ReadonlyMap<string, number>, { at }: Inventory, what: string): Problem[] {
  const got = (count: number, zone: string): string => `all ${count} ${what} in ${zone}`;
  const fix = `spread them over 2 zones or more, or have no more than ${SPREAD_FROM - 1}`;
  return crowded(counts, { path: at.hosts, what, got, fix });
}

function crowded(
  counts: ReadonlyMap<string, number>,
  says: {
    readonly path: readonly PathPart[];
    readonly what: string;
    readonly got: (count: number, zone: string) => string;
    readonly fix: string;
  },
): Problem[] {
  const used = [...counts].filter(([, count]) => count > 0);
  const [zone, count] = used[0] ?? ["", 0];
  if (used.length !== 1 || count < SPREAD_FROM) return [];
  const allowed = `${SPREAD_FROM} or more ${says.what} in at least 2 zones, so that one zone's loss leaves some`;
  return [{ key: keyText(says.path), got: says.got(count, zone), allowed, fix: says.fix }];
}

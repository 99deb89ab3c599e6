import { spread } from "../../plan/placement";
import type { Known } from "../known";
import { keyText, valueText, type PathPart, type Problem } from "../problem";

/** From this many hosts on, a tier has to survive the loss of a zone. */
const SPREAD_FROM = 3;

/** A tier of three or more hosts must not lie in one zone alone. (For managers, the rule of the majority is stricter.) */
export function tierProblems(known: Known): Problem[] {
  return [...registryProblems(known), ...workerProblems(known), ...batchProblems(known)];
}

/** An update never takes all hosts of a tier or pool out of service, unless there is only one. */
function batchProblems({ registry, workers = {} }: Known): Problem[] {
  const tiers = [
    { path: ["registry"], count: registry?.replicas, most: registry?.maxUnavailable },
    ...Object.entries(workers).map(([pool, { count, maxUnavailable }]) => ({
      path: ["workers", pool],
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

function registryProblems({ registry, zones: all }: Known): Problem[] {
  const zones = registry?.zones ?? all;
  if (registry?.replicas === undefined || zones === undefined) return [];
  const counts = spread(registry.replicas, [...new Set(zones)]);
  const key = registry.zones === undefined ? ["zones"] : ["registry", "zones"];
  return inOneZone(
    counts,
    key,
    zones,
    "registry nodes",
    "add a zone, or set swarm-ha:registry to { replicas: 2 } or less",
  );
}

function workerProblems({ workers, allPools, zones: all }: Known): Problem[] {
  if (workers === undefined || all === undefined || !allPools) return [];
  const counts = new Map<string, number>();
  for (const { count, zones } of Object.values(workers)) {
    for (const [zone, inZone] of spread(count, [...new Set(zones ?? all)])) {
      counts.set(zone, (counts.get(zone) ?? 0) + inZone);
    }
  }
  if ([...counts.values()].every((count) => count === 0)) {
    const allowed = "at least 1 worker in all pools together";
    return [{ key: keyText(["workers"]), got: valueText(workers), allowed, fix: "write { worker: { count: 3 } }" }];
  }
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
  got: unknown,
  what: string,
  fix: string,
): Problem[] {
  const used = [...counts].filter(([, count]) => count > 0);
  const [zone, count] = used[0] ?? ["", 0];
  if (used.length !== 1 || count < SPREAD_FROM) return [];
  return [
    {
      key: keyText(path),
      got: `${valueText(got)}, which puts all ${count} ${what} into ${zone}`,
      allowed: `${SPREAD_FROM} or more ${what} in at least 2 zones, so that one zone's loss leaves some`,
      fix,
    },
  ];
}

import { majority } from "../../plan/quorum";
import { willBeThere, type ReviewedHost } from "./instances";
import { names, percent } from "./words";

/** How much of a tier is left, at least, when any one zone is lost. */
export interface ZoneLoss {
  readonly of: number;
  readonly left: number;
}

/** What is left of a tier when its fullest zone is lost. */
export function worstZoneLoss(hosts: readonly Pick<ReviewedHost, "zone">[]): ZoneLoss {
  const inZone = new Map<string, number>();
  for (const { zone } of hosts) inZone.set(zone, (inZone.get(zone) ?? 0) + 1);
  return { of: hosts.length, left: hosts.length - Math.max(0, ...inZone.values()) };
}

/** What the stack survives after the update: a sentence, and one for each zone that has all hosts of a pool. */
export function afterZoneLoss(all: readonly ReviewedHost[]): string {
  const hosts = all.filter(willBeThere);
  const tier = (role: ReviewedHost["role"]): ZoneLoss => worstZoneLoss(hosts.filter((host) => host.role === role));
  const [managers, registries, workers] = [tier("manager"), tier("registry"), tier("worker")];
  if (managers.of === 0) return "After this there is no swarm.";
  const quorum = managers.left >= majority(managers.of) ? "the quorum holds" : "**the quorum is lost**";
  return [
    `After this, losing any one zone leaves ${managers.left} of ${managers.of} managers (${quorum}), ` +
      `${registries.left} of ${registries.of} registries, ${percent(workers.left, workers.of)} % of workers.`,
    ...poolsOfOneZone(hosts),
  ].join(" ");
}

/** The share of all workers doesn't show that a whole pool is in one zone. */
function poolsOfOneZone(hosts: readonly ReviewedHost[]): string[] {
  const workers = hosts.filter(({ role }) => role === "worker");
  const pools = [...new Set(workers.map(({ pool }) => pool))].sort();
  const zonesOf = (pool: string): string[] => [
    ...new Set(workers.filter((worker) => worker.pool === pool).map(({ zone }) => zone)),
  ];
  const alone = pools.filter((pool) => zonesOf(pool).length === 1);
  return [...new Set(alone.flatMap(zonesOf))]
    .sort()
    .map((zone) => `With ${zone}, all of ${names(alone.filter((pool) => zonesOf(pool)[0] === zone))} is lost.`);
}

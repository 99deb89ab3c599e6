import { majority } from "../../components/swarm/quorum";
import { willBeThere, type ReviewedHost } from "./machines";

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

/** What the stack survives once the update is through: one sentence. */
export function afterZoneLoss(hosts: readonly ReviewedHost[]): string {
  const tier = (role: ReviewedHost["role"]): ZoneLoss =>
    worstZoneLoss(hosts.filter((host) => host.role === role && willBeThere(host)));
  const [managers, registries, workers] = [tier("manager"), tier("registry"), tier("worker")];
  if (managers.of === 0) return "After this there is no swarm.";
  const quorum = managers.left >= majority(managers.of) ? "the quorum holds" : "**the quorum is lost**";
  const share = workers.of === 0 ? 0 : Math.floor((100 * workers.left) / workers.of);
  return (
    `After this, losing any one zone leaves ${managers.left} of ${managers.of} managers (${quorum}), ` +
    `${registries.left} of ${registries.of} registries, ${share} % of workers.`
  );
}

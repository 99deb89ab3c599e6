import { byKind, type NamedChanges } from "./by-kind";
import type { ManagersReview } from "./managers";
import { wasThere, willBeThere, type ReviewedHost, type ReviewedEntryPoint } from "./instances";
import { count, names, percent } from "./words";

/** What happens to a tier, or to a pool of workers. */
export interface TierReview {
  /** `managers`, `registries`, or a pool's name. */
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** What happens, and what it does to availability: one sentence each; none where nothing happens. */
  readonly sentences: readonly string[];
}

/** Managers, registries, then each pool of workers. */
export function reviewTiers(
  hosts: readonly ReviewedHost[],
  managers: ManagersReview,
  steps: ReadonlySet<string>,
): TierReview[] {
  const registries = hosts.filter(({ role }) => role === "registry");
  const workers = hosts.filter(({ role }) => role === "worker");
  const pools = [...new Set(workers.map(({ pool }) => pool))].sort();
  return [
    {
      name: "managers",
      before: managers.before,
      after: managers.after,
      sentences: [...managers.sentences, ...inPlace(hosts.filter(({ role }) => role === "manager"))],
    },
    tier("registries", registries, [...registrySentences(registries), ...deployedAgain(registries, steps)]),
    ...pools.map((pool) => {
      const members = workers.filter((worker) => worker.pool === pool);
      return tier(`workers: ${pool}`, members, workerSentences(members));
    }),
  ];
}

function tier(name: string, hosts: readonly ReviewedHost[], sentences: readonly string[]): TierReview {
  const before = hosts.filter(wasThere).length;
  return { name, before, after: hosts.filter(willBeThere).length, sentences: [...sentences, ...inPlace(hosts)] };
}

function registrySentences(hosts: readonly ReviewedHost[]): string[] {
  const { added, removed, replaced, stay, before } = sorted(hosts);
  if (before === 0) return added.length > 0 ? [`starts ${names(added)}`] : [];
  return [
    ...(added.length > 0 ? [`adds ${names(added)}`] : []),
    ...(replaced.length > 0
      ? [
          before === 1
            ? `replaces ${names(replaced)}: no replica answers meanwhile, pushes and pulls fail`
            : replaced.length === 1
              ? `replaces ${names(replaced)}: ${count(stay, "replica")} answer${stay === 1 ? "s" : ""} meanwhile`
              : `replaces ${names(replaced)} in batches: each batch waits until the one before serves again`,
        ]
      : []),
    ...(removed.length > 0 ? [`removes ${names(removed)}: ${remaining(before + added.length - removed.length)}`] : []),
  ];
}

function remaining(replicas: number): string {
  if (replicas === 0) return "no replica is left, pushes and pulls fail";
  return `${count(replicas, "replica")} stay${replicas === 1 ? "s" : ""}`;
}

/** The tier's services, if it existed before. */
function deployedAgain(registries: readonly ReviewedHost[], steps: ReadonlySet<string>): string[] {
  return registries.some(wasThere) && steps.has("stack-registry")
    ? ["deploys the registry again: a rolling update, one replica after the other"]
    : [];
}

/** Workers are replaced in batches (scripts/lib/turns.sh), and each is drained before it is removed. */
function workerSentences(hosts: readonly ReviewedHost[]): string[] {
  const { added, removed, replaced, stay, before } = sorted(hosts);
  if (before === 0) return added.length > 0 ? [`starts ${names(added)}`] : [];
  const share = percent(stay, before);
  const meanwhile =
    before === 1
      ? ": no worker of the pool takes tasks meanwhile"
      : replaced.length === 1
        ? `: ${share} % of the pool take${share === 1 ? "s" : ""} tasks meanwhile`
        : " in batches: each batch waits until the one before serves again";
  return [
    ...(added.length > 0 ? [`adds ${names(added)}: no task moves`] : []),
    ...(replaced.length > 0 ? [`drains and replaces ${names(replaced)}${meanwhile}`] : []),
    ...(removed.length > 0
      ? [
          removed.length === before && added.length === 0
            ? `drains and removes ${names(removed)}: tasks that only this pool may run have no node`
            : `drains and removes ${names(removed)}: their tasks run elsewhere first`,
        ]
      : []),
  ];
}

/** Instances that change without being replaced, and which properties change. */
export function inPlace(instances: readonly (ReviewedEntryPoint & { readonly setUpAgain?: boolean })[]): string[] {
  const updated = instances.filter(({ kind }) => kind === "updated");
  const reasons = [...new Set(updated.flatMap((instance) => instance.reasons))].sort();
  const what = reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
  const again = instances.filter(({ setUpAgain }) => setUpAgain === true).map(({ name }) => name);
  return [
    ...(updated.length === 0 ? [] : [`changes ${names(updated.map(({ name }) => name))} in place${what}`]),
    ...(again.length === 0
      ? []
      : [`sets up ${names(again)} again in place: settings and certificates are reloaded, no Docker engine restarts`]),
  ];
}

function sorted(hosts: readonly ReviewedHost[]): NamedChanges & { readonly stay: number; readonly before: number } {
  const named = byKind(hosts);
  const before = hosts.filter(wasThere).length;
  return { ...named, before, stay: before - named.removed.length - named.replaced.length };
}

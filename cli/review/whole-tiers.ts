import { byKind } from "./by-kind";
import { wasThere, willBeThere, type ReviewedHost } from "./instances";
import { names } from "./words";

/**
 * Tiers and pools of which an update replaces or removes every existing host: one sentence each. Managers have dangers of
 * their own.
 *
 * The update goes in batches, and the successors of a pool serve before the pool is removed. Still, everything on these hosts
 * is lost: volumes, labels, the node of tasks that are pinned to them. And a tier of one host is unavailable meanwhile.
 */
export function wholeTiers(hosts: readonly ReviewedHost[]): string[] {
  const others = hosts.filter(({ role }) => role !== "manager");
  const groups = grouped(others);
  return [...groups].flatMap(([name, members]) => {
    const before = members.filter(wasThere);
    const { replaced, removed } = byKind(members);
    if (before.length === 0 || replaced.length + removed.length < before.length) return [];
    const registry = members.every(({ role }) => role === "registry");
    if (removed.length === before.length && !members.some(willBeThere)) {
      const left = hosts.some((host) => host.role === "worker" && willBeThere(host));
      return [
        registry
          ? `all registry hosts (${names(removed)}) are removed: nothing can be pushed or pulled`
          : `all workers of the pool ${name} (${names(removed)}) are removed, ` +
            (left
              ? "after the other workers serve: tasks that only this pool may run have no node"
              : "and no worker is left: no application runs"),
      ];
    }
    const what = registry ? "all registry hosts" : `all workers of the pool ${name}`;
    const gone = names([...replaced, ...removed].sort());
    return [
      before.length === 1
        ? `${what} (${gone}): there is only one, and none serves meanwhile`
        : `${what} (${gone}) are replaced, in batches of at most maxUnavailable: data that only they have is lost`,
    ];
  });
}

function groupOf({ role, pool }: ReviewedHost): string {
  return role === "registry" ? "registry" : pool;
}

function grouped(hosts: readonly ReviewedHost[]): Map<string, ReviewedHost[]> {
  const groups = new Map<string, ReviewedHost[]>();
  for (const host of hosts) groups.set(groupOf(host), [...(groups.get(groupOf(host)) ?? []), host]);
  return groups;
}

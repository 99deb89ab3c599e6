import { keyText, valueText, type Problem } from "../../../problem";
import { labelProblems } from "../../../rules/labels";
import { fixOfPoolName, poolNameProblem } from "../../../rules/pool-names";
import { MAX_REGISTRIES } from "../../../schema/constants";
import { didYouMean } from "../../../suggest";
import { poolOf } from "../inventory";
import { inventoryPath } from "./entries";
import type { HostsKnown } from "./known";

/** Zones, pools and labels of the inventory, and the number of registry hosts. The common rules check the other counts. */
export function inventoryProblems(known: HostsKnown): Problem[] {
  if (known.hosts?.inventory === undefined) return [];
  return [...zoneProblems(known), ...registryCount(known), ...poolProblems(known), ...settingsProblems(known)];
}

function zoneProblems({ hosts, zones }: HostsKnown): Problem[] {
  return (hosts?.inventory ?? []).flatMap(({ zone }, i) => {
    if (zones === undefined || zones.includes(zone)) return [];
    const fix = didYouMean(zone, zones) ?? `use one of them, or add '${zone}' to ${keyText(["zones"])}`;
    const key = keyText(inventoryPath(i, "zone"));
    return [{ key, got: valueText(zone), allowed: `one of ${zones.join(", ")}`, fix }];
  });
}

function registryCount({ hosts }: HostsKnown): Problem[] {
  const count = (hosts?.inventory ?? []).filter(({ role }) => role === "registry").length;
  if (count >= 1 && count <= MAX_REGISTRIES) return [];
  return [
    {
      key: keyText(["hosts", "inventory"]),
      got: `${count} hosts with the role registry`,
      allowed: `1 to ${MAX_REGISTRIES}`,
      fix: "use 3, one for each zone",
    },
  ];
}

function poolProblems({ hosts }: HostsKnown): Problem[] {
  const inventory = hosts?.inventory ?? [];
  const pools = [...new Set(inventory.filter(({ role }) => role === "worker").map(poolOf))];
  return inventory.flatMap(({ role, pool, labels }, i) => {
    const path = inventoryPath(i, "pool");
    const first = inventory.findIndex((other) => other.role === "worker" && other.pool === pool);
    return [
      ...(role === "worker"
        ? pool === undefined || first < i
          ? []
          : poolNameProblem(path, pool, fixOfPoolName(pool, pools))
        : pool === undefined || pool === role
          ? []
          : [
              {
                key: keyText(path),
                got: `${valueText(pool)} of a host with the role ${role}`,
                allowed: "pools of workers only",
                fix: "remove the key, or write role: worker",
              },
            ]),
      ...labelProblems(inventoryPath(i, "labels"), labels),
    ];
  });
}

/** `swarm-ha:hosts.pools`. */
function settingsProblems({ hosts }: HostsKnown): Problem[] {
  const pools = [...new Set((hosts?.inventory ?? []).map(poolOf))];
  return Object.entries(hosts?.pools ?? {}).flatMap(([pool, { labels, maxUnavailable }]) => {
    const path = ["hosts", "pools", pool];
    const unknown = {
      key: keyText(path),
      got: `the pool ${valueText(pool)}, which no host has`,
      allowed: pools.join(", "),
      fix: didYouMean(pool, pools) ?? "remove it, or give hosts this pool",
    };
    const managers = {
      key: keyText([...path, "maxUnavailable"]),
      got: valueText(maxUnavailable),
      allowed: "nothing: managers are replaced one at a time",
      fix: "remove the key",
    };
    return [
      ...(pools.includes(pool) ? [] : [unknown]),
      ...(pool === "manager" && maxUnavailable !== undefined ? [managers] : []),
      ...labelProblems([...path, "labels"], labels),
    ];
  });
}

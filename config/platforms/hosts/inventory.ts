import { ROLES } from "../../../plan/roles";
import type { HostSpec } from "../../../plan/placement";
import type { Inventory } from "../../inventory";
import type { HostsConfig } from ".";

/** An entry of `swarm-ha:hosts.inventory`. */
export type InventoryHost = HostsConfig["inventory"][number];

/** Pool of workers that name none. */
const DEFAULT_POOL = "worker";

/** The pool of a host. */
export function poolOf({ role, pool }: Pick<InventoryHost, "role" | "pool">): string {
  return role === "worker" ? (pool ?? DEFAULT_POOL) : role;
}

/**
 * The hosts of the inventory: managers, registry hosts, then workers by pool, the pools in the order of their first hosts.
 * Those of one pool keep the order of the list.
 *
 * @returns undefined without a valid list
 */
export function inventoryOf({
  inventory,
  pools = {},
}: {
  readonly inventory?: HostsConfig["inventory"] | undefined;
  readonly pools?: HostsConfig["pools"] | undefined;
}): Inventory | undefined {
  if (inventory === undefined) return undefined;
  const order = [...new Set([...ROLES.filter((role) => role !== "worker"), ...inventory.map(poolOf)])];
  const hosts = inventory.map((host): HostSpec => {
    const { name, role, zone, address, labels } = host;
    const pool = poolOf(host);
    return { name, role, zone, pool, labels: { ...pools[pool]?.labels, ...labels }, address };
  });
  return {
    hosts: order.flatMap((pool) => hosts.filter((host) => host.pool === pool)),
    pools,
    at: { hosts: ["hosts", "inventory"], pools: ["hosts", "pools"] },
  };
}

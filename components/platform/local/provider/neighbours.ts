import { readFileSync, writeFileSync } from "node:fs";

const TABLE = "/proc/sys/net/ipv4/neigh/default";

/** Machines up to which a kernel's default of 1024 entries is enough. Measured: from about 37 on joins time out. */
const ENOUGH_BY_DEFAULT = 30;

/**
 * The kernel's table of neighbours is one for all containers, and every machine knows every other: its limits grow
 * with the square of their number.
 */
export function neighbourLimit(machines: number): number {
  return Math.max(1024, 2 ** Math.ceil(Math.log2(machines * machines * 2)));
}

/**
 * Sees to it that the kernel can remember all neighbours of so many machines.
 *
 * @throws Error with the command to run, when the limit is too low and can't be raised from here.
 */
export function ensureNeighbours(machines: number): void {
  if (machines <= ENOUGH_BY_DEFAULT) return;
  const needed = neighbourLimit(machines);
  let limit: number;
  try {
    limit = Number(readFileSync(`${TABLE}/gc_thresh3`, "utf8"));
  } catch {
    // Not the kernel that the containers run on (a virtual machine's engine): nothing to see from here.
    return;
  }
  if (limit >= needed) return;
  const values = { gc_thresh3: needed, gc_thresh2: needed / 2, gc_thresh1: needed / 4 };
  try {
    for (const [key, value] of Object.entries(values)) writeFileSync(`${TABLE}/${key}`, String(value));
  } catch {
    const settings = Object.entries(values).map(([key, value]) => `net.ipv4.neigh.default.${key}=${String(value)}`);
    throw new Error(
      `${String(machines)} machines need room for ${String(needed)} neighbours in this kernel, which has ` +
        `${String(limit)}: joins would time out. Run: sudo sysctl -w ${settings.join(" ")}`,
    );
  }
}

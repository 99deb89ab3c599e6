import { readFileSync, writeFileSync } from "node:fs";
import type Docker from "dockerode";
import { LABELS } from "../../../../plan/labels";

const TABLE = "/proc/sys/net/ipv4/neigh/default";

/** Containers up to which a kernel's default of 1024 entries is enough. Measured: from about 37 on joins time out. */
const ENOUGH_BY_DEFAULT = 30;

/**
 * All containers share the kernel's table of neighbours, and each container has an entry for each other one: its limits grow
 * with the square of their number.
 */
export function neighbourLimit(containers: number): number {
  return Math.max(1024, 2 ** Math.ceil(Math.log2(containers * containers * 2)));
}

/** Number of containers, as a promise, so that concurrent creations count only once. */
let containers: Promise<number> | undefined;

/**
 * Makes room in the kernel's neighbour table for one more container. Containers of other stacks count, too.
 *
 * @throws Error with the command to run, when the limit is too low and can't be raised from here.
 */
export async function ensureRoomForOneMore(engine: Docker): Promise<void> {
  containers ??= engine.listContainers({ all: true, filters: { label: [LABELS.stack] } }).then((all) => all.length);
  const before = containers;
  // Containers that this run removes aren't subtracted: some extra room is harmless.
  containers = before.then((count) => count + 1);
  ensureNeighbours(await containers);
}

/**
 * Makes room in the kernel's neighbour table for this many containers.
 *
 * @param table The kernel's settings. @default those of this kernel
 * @throws Error with the command to run, when the limit is too low and can't be raised from here.
 */
export function ensureNeighbours(containers: number, table = TABLE): void {
  if (containers <= ENOUGH_BY_DEFAULT) return;
  const needed = neighbourLimit(containers);
  const now = thresholds(table);
  // The containers run on another kernel (Docker in a virtual machine), whose settings aren't visible here.
  if (now === undefined || now.gc_thresh3 >= needed) return;
  const wanted = {
    gc_thresh3: needed,
    gc_thresh2: Math.max(now.gc_thresh2, needed / 2),
    gc_thresh1: Math.max(now.gc_thresh1, needed / 4),
  };
  try {
    for (const [key, value] of Object.entries(wanted)) writeFileSync(`${table}/${key}`, String(value));
  } catch {
    const settings = Object.entries(wanted).map(([key, value]) => `net.ipv4.neigh.default.${key}=${String(value)}`);
    throw new Error(
      `${String(containers)} containers need room for ${String(needed)} neighbours in this kernel, which has ` +
        `${String(now.gc_thresh3)}: joins would time out. Run: sudo sysctl -w ${settings.join(" ")}`,
    );
  }
}

function thresholds(table: string): Record<"gc_thresh1" | "gc_thresh2" | "gc_thresh3", number> | undefined {
  const read = (key: string): number => Number(readFileSync(`${table}/${key}`, "utf8"));
  try {
    return { gc_thresh1: read("gc_thresh1"), gc_thresh2: read("gc_thresh2"), gc_thresh3: read("gc_thresh3") };
  } catch {
    return undefined;
  }
}

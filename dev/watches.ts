/** A limit of the kernel that many hosts with systemd on one workstation exceed. */
import { readFileSync, writeFileSync } from "node:fs";

const FILE = "/proc/sys/fs/inotify/max_user_instances";
/** A host with systemd needs 4 to 7 (measured); all containers of a user count together, and most kernels allow 128. */
const NEEDED = 1024;

/**
 * Raises the limit until the next boot, where this user may. Where it is too low, systemd of a further host ends at once, with exit
 * code 255 and without a message.
 */
export function raiseWatchLimit(): void {
  try {
    const now = Number(readFileSync(FILE, "utf8"));
    if (now >= NEEDED) return;
    writeFileSync(FILE, String(NEEDED));
    console.log(`fs.inotify.max_user_instances is ${String(NEEDED)} until the next boot; it was ${String(now)}.`);
  } catch {
    // Not root, or no Linux: the lanes of this run alone stay below the limit on 2 cores.
  }
}

/** Locks between runs on this machine, so that two `npm start` at once don't do the same set-up twice. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identify } from "./process-identity";
import { UserError } from "../terminal/errors";

/** What stands in a lock file: who holds it, in a form that no later process can have. */
const ownName = () => JSON.stringify(identify(process.pid) ?? { pid: process.pid });

function ownerAlive(owner: string): boolean {
  try {
    const pid = (JSON.parse(owner) as { pid: number }).pid;
    const now = identify(pid);
    if (now !== undefined) return JSON.stringify(now) === owner;
    process.kill(pid, 0); // Where there is no /proc.
    return !owner.includes("bootId");
  } catch {
    return false;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * Does `work` while holding the lock `file`; waits for a living owner, and takes over from one that died.
 *
 * @param onWait called once if another run has to be waited for, with its pid
 */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait?: (pid: number) => void): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${randomUUID()}`;
  const me = ownName();
  writeFileSync(mine, me);
  try {
    let waiting = false;
    while (!tryLink(mine, file)) {
      const owner = readIfThere(file);
      if (owner !== undefined && !ownerAlive(owner)) {
        breakLock(file, owner);
      } else if (owner !== undefined && !waiting) {
        onWait?.((JSON.parse(owner) as { pid: number }).pid);
        waiting = true;
      }
      // In every round: what can't be read or broken must not spin.
      await sleep(waiting ? 100 : 10);
    }
    try {
      return await work();
    } finally {
      // Only if it is ours still: somebody may have removed it by hand, and another run holds it now.
      if (readIfThere(file) === me) rmSync(file, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** The living process that holds a lock; undefined when nobody does. Changes nothing. */
export function holderOf(file: string): number | undefined {
  const owner = readIfThere(file);
  return owner !== undefined && ownerAlive(owner) ? (JSON.parse(owner) as { pid: number }).pid : undefined;
}

/** Linking is atomic, and the lock never exists without its owner's name in it. */
function tryLink(mine: string, file: string): boolean {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a dead owner's lock; one that another run took meanwhile is put back. */
function breakLock(file: string, deadOwner: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (readIfThere(aside) !== deadOwner) linkSync(aside, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPERM" || code === "EACCES") {
      throw new UserError(`The lock ${file} of a run that died belongs to another user; remove it: rm ${file}`);
    }
    // Another run was faster: the next round sees what is there now.
  }
  rmSync(aside, { force: true });
}

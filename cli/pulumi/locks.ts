/**
 * Locks of the file backend: the lock of a killed Pulumi engine would block the stack for ever. `pulumi cancel` doesn't help:
 * it deletes all locks of the stack without a check of their processes, so it would also delete the lock of a run that began
 * meanwhile (pulumi v3.245.0, pkg/backend/diy/backend.go, `CancelCurrentUpdate`).
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { backendDir } from "../paths";
import { UserError } from "../terminal/errors";
import { PROJECT } from "./project";

/** A lock as Pulumi writes it (pkg/backend/diy/lock.go). */
interface Lock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

/** Whether a lock's owner is gone. The owner on another workstation can't be checked, so it counts as running. */
export function isStale(lock: Lock, host: string, commandOf: (pid: number) => string | undefined): boolean {
  if (lock.hostname !== host) return false;
  const command = commandOf(lock.pid);
  return command?.includes("pulumi") !== true;
}

/**
 * Removes a stack's stale locks, and no others.
 *
 * @returns how many there were
 * @throws UserError when another run holds the stack
 */
export function healLocks(stack: string): number {
  const files = lockFiles(stack);
  for (const file of files) {
    const lock = livingLock(file);
    if (lock !== undefined) throw held(stack, lock, file);
    rmSync(file, { force: true });
  }
  return files.length;
}

/** Whether a run holds the stack. */
export function isHeld(stack: string): boolean {
  return lockFiles(stack).some((file) => livingLock(file) !== undefined);
}

/** Changes nothing. @throws UserError when a run holds the stack */
export function refuseHeld(stack: string): void {
  for (const file of lockFiles(stack)) {
    const lock = livingLock(file);
    if (lock !== undefined) throw held(stack, lock, file);
  }
}

function lockFiles(stack: string): string[] {
  const folder = join(backendDir(), ".pulumi", "locks", "organization", PROJECT, stack);
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** A file's lock, if its run is still in progress. The backend also keeps files with attributes there, which are no locks. */
function livingLock(file: string): Lock | undefined {
  const lock = file.endsWith(".json") ? readLock(file) : undefined;
  return lock === undefined || isStale(lock, hostname(), commandLine) ? undefined : lock;
}

/** A lock; undefined for a half-written one. */
function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Lock;
  } catch {
    return undefined;
  }
}

/** A process's command line; undefined if it doesn't exist. Without /proc, only its existence is known. */
function commandLine(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return existsSync("/proc/self/cmdline") ? undefined : "pulumi";
  }
}

function held(stack: string, lock: Lock, file: string): UserError {
  return new UserError(
    lock.hostname === hostname()
      ? `Another run is working on stack '${stack}': process ${lock.pid} of ${lock.username}, since ${lock.timestamp}. ` +
          "Wait for its end, or end it, then run this again."
      : `Stack '${stack}' is locked by a run on another workstation (${lock.hostname}, since ${lock.timestamp}). ` +
          `If that run has ended, remove ${file}, then run this again.`,
  );
}

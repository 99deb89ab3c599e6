/**
 * Locks of the file backend: one whose Pulumi engine was killed would block the stack for ever. `pulumi cancel` doesn't
 * help: it deletes all locks of the stack without a look at their processes, so it would also delete the lock of a run that
 * began meanwhile (pulumi v3.245.0, pkg/backend/diy/backend.go, `CancelCurrentUpdate`).
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

/** Whether a lock's owner is gone. Another machine's can't be known, so it counts as there. */
export function isStale(lock: Lock, host: string, commandOf: (pid: number) => string | undefined): boolean {
  if (lock.hostname !== host) return false;
  const command = commandOf(lock.pid);
  return command?.includes("pulumi") !== true;
}

/**
 * Removes a stack's stale locks, and no others.
 *
 * @returns how many there were
 * @throws UserError when a run that lives holds the stack
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

/** Whether a run that lives holds the stack. */
export function isHeld(stack: string): boolean {
  return lockFiles(stack).some((file) => livingLock(file) !== undefined);
}

function lockFiles(stack: string): string[] {
  const folder = join(backendDir(), ".pulumi", "locks", "organization", PROJECT, stack);
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** The lock of a run that lives; the backend keeps attributes beside each lock, which are none. */
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

/** What a process runs; undefined if there is none. Where there is no /proc, that it is there is all that is known. */
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
          "Wait for its end, or end it, and run this again."
      : `Stack '${stack}' is locked by a run on another machine (${lock.hostname}, since ${lock.timestamp}). ` +
          `If that run is gone, remove ${file} and run this again.`,
  );
}

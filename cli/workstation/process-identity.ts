/** Processes as names that are never used again: a pid is, after the process has ended or the machine has rebooted. */
import { readFileSync } from "node:fs";

/** One process of one boot of this machine. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as the kernel counts it (clock ticks since boot). */
  readonly startTime: string;
  /** The kernel's id of this boot. */
  readonly bootId: string;
}

/**
 * The start time in the text of /proc/<pid>/stat: field 22, see proc(5). Counted after the last parenthesis, since the
 * second field, the program's name, may hold blanks and parentheses.
 *
 * @returns undefined for a zombie, which runs no more
 */
export function startTimeOf(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

/** The identity of a running process; undefined when there is none of that pid. Linux only (it reads /proc). */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const startTime = startTimeOf(readFileSync(`/proc/${pid}/stat`, "utf8"));
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return startTime === undefined ? undefined : { pid, startTime, bootId };
  } catch {
    return undefined;
  }
}

/** Does that very process still run? */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now?.startTime === identity.startTime && now.bootId === identity.bootId;
}

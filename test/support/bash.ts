import { spawnSync } from "node:child_process";
import { root } from "../../cli/paths";

/** How a piece of shell is run. */
export interface BashOptions {
  /** Variables beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input. @default empty */
  readonly input?: string;
  /** bash's own options, like `-e`. */
  readonly options?: readonly string[];
}

/** How it ended. */
export interface BashRan {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a piece of shell here, from the project's root, for 20 s at the most.
 *
 * Without the user's ~/.bashrc: the first bash of a session (no SHLVL, as under CI) whose standard input is a socket, which
 * is what Node gives it, takes itself for one that rshd has started, and reads it.
 */
export function bash(script: string, { env = {}, input = "", options = [] }: BashOptions = {}): BashRan {
  const ran = spawnSync("bash", ["--norc", ...options, "-c", script], {
    cwd: root,
    encoding: "utf8",
    input,
    timeout: 20_000,
    env: { ...process.env, ...env },
  });
  if (ran.error !== undefined) {
    throw new Error(`${ran.error.message}; printed by then:\n${ran.stdout.slice(-2000)}\n${ran.stderr.slice(-2000)}`);
  }
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

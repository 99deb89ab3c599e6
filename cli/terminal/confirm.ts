import { createInterface } from "node:readline/promises";

/** Whether a person can be asked. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks whether to go on. Without a terminal the answer is no.
 *
 * @param what what is about to happen, and what it costs
 * @param yes whether `--yes` has answered already
 */
export async function confirmed(what: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!hasTerminal()) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${what}. Go on? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Hosts that a destroy has skipped instead of released. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { list } from "./words";

/**
 * Does some work that may skip hosts.
 *
 * @param variable environment variable that names the file of their names @default the platform skips none
 * @param work gets the additions to the environment
 * @returns the names, each once
 */
export async function withSkipped(
  variable: string | undefined,
  work: (env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<readonly string[]> {
  if (variable === undefined) {
    await work({});
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-"));
  try {
    const file = join(folder, "skipped");
    writeFileSync(file, "");
    await work({ [variable]: file });
    return [...new Set(readFileSync(file, "utf8").split("\n"))].filter((name) => name !== "").sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a destroy has removed, and what it hasn't; without a full stop. Pure. */
export function goneText(stack: string, skipped: readonly string[]): string {
  if (skipped.length === 0) return `Everything of the stack ${stack} is gone`;
  const one = skipped.length === 1;
  return (
    `The stack ${stack} is gone, but ${list(skipped)} couldn't be reached and ${one ? "was" : "were"} not cleaned: ` +
    `${one ? "it still has" : "they still have"} the stack's settings, and ${one ? "is a node" : "are nodes"} of its swarm if ` +
    `${one ? "it runs" : "they run"}. Re-install ${one ? "it" : "them"}, or release ${one ? "it" : "them"} by hand (docs/hosts.md, "Release a host by hand")`
  );
}

/** Remedies as `status` prints them, run as a person would. */
import assert from "node:assert/strict";
import type { TestStack } from "./test-stack";
import type { Ran } from "./run";

/** The command of ours that a problem names: `npm run <tool> -- <arguments>`. */
export function remedyIn(problem: string): { readonly tool: string; readonly args: string[] } {
  const [, tool = "", args = ""] = /npm run (?:-s )?([a-z:]+) -- ([a-z0-9 -]+?)(?=[.,;:]|$)/.exec(problem) ?? [];
  assert.notEqual(tool, "", `no command of ours in: ${problem}`);
  return { tool: tool.replace(":", "-"), args: args.trim().split(" ") };
}

/**
 * Runs what `status` says for each of these faults: every one has to be named, and all by the same command, which has to end
 * with a healthy stack.
 */
export async function followStatus(stack: TestStack, faults: readonly RegExp[], limit = 300): Promise<Ran> {
  const { code, status } = await stack.status();
  assert.notEqual(code, 0);
  const remedies = faults.map((fault) => {
    const problem = status.problems.find((text) => fault.test(text));
    assert.ok(problem !== undefined, `${String(fault)} isn't among\n${status.problems.join("\n")}`);
    return remedyIn(problem);
  });
  const [remedy] = remedies;
  assert.ok(remedy !== undefined);
  for (const other of remedies) assert.deepEqual(other, remedy);
  const ran = await stack.good(remedy.tool, remedy.args, limit);
  const after = await stack.status();
  assert.equal(after.code, 0, `after ${remedy.tool}:\n${after.status.problems.join("\n")}`);
  return ran;
}

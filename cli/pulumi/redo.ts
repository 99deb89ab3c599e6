/** Marks resources, so that the next `up` does them again although the state has them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../terminal/errors";
import { readText, refuseChanged } from "./rewrite";
import { isWhole, marked, type State, type Unfinished } from "./unfinished";

/** Runs a command of the Pulumi engine on a stack, captured. */
export type RunOnStack = (
  args: readonly string[],
) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;

/**
 * Marks resources in a stack's state (see unfinished.ts). Secrets stay encrypted.
 *
 * @param choose what is marked, by the state
 * @throws UserError when the state can't be read or written, or another run has changed it meanwhile
 */
export async function markState(
  run: RunOnStack,
  stack: string,
  choose: (state: State) => Unfinished,
): Promise<Unfinished> {
  const before = await readText(run, stack);
  const state = JSON.parse(before) as { deployment: State };
  const chosen = choose(state.deployment);
  if (isWhole(chosen) && (state.deployment.pending_operations ?? []).length === 0) return chosen;
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-state-"));
  try {
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify({ ...state, deployment: marked(state.deployment, chosen) }), { mode: 0o600 });
    await refuseChanged(run, stack, before);
    const imported = await run(["stack", "import", "--file", file]);
    if (imported.code !== 0)
      throw new UserError(
        `\`pulumi stack import\` of '${stack}' failed; its steps aren't marked: ${imported.stderr.trim()}`,
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return chosen;
}

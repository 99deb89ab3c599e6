/** Prepares a stack for a run, and cleans up after a killed one. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../paths";
import { UserError } from "../terminal/errors";
import { localEnv } from "./env";
import { execEngine } from "./exec";
import type { Engine } from "./engine";
import { checkpointFile, ensureLocalState, readCheckpoint, workingConfig, writeWorkingConfig } from "./local-state";
import { healLocks } from "./locks";
import type { StackFile } from "./project";
import { dropDamagedAttributes, dropHalfCheckpoints } from "./prune";
import { markState, type RunOnStack } from "./redo";
import { isWhole, unfinished, type Unfinished } from "./unfinished";

/** Whether a local stack exists. */
export function localStackExists(stack: string): boolean {
  return existsSync(checkpointFile(stack));
}

/** Creates a local stack if it doesn't exist, from a temporary directory: nothing is written into the clone. */
export async function ensureLocalStack(engine: Engine, stack: string, file: StackFile): Promise<void> {
  ensureLocalState();
  writeWorkingConfig(stack, file);
  if (localStackExists(stack)) {
    dropDamagedAttributes(stack);
    return;
  }
  const project = mkdtempSync(join(tmpdir(), "swarm-ha-stack-"));
  try {
    copyFileSync(join(root, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
    const args = ["stack", "init", stack, "--no-select", "--non-interactive", "--secrets-provider", "passphrase"];
    const made = await execEngine(engine, args, { cwd: project, env: localEnv(engine), capture: true });
    if (made.code !== 0 && !localStackExists(stack))
      throw new UserError(`The stack '${stack}' can't be created: ${(made.stderr || made.stdout).trim()}`);
    const config = join(project, `Pulumi.${stack}.yaml`);
    if (existsSync(config)) writeFileSync(workingConfig(stack), readFileSync(config), { mode: 0o600 });
    writeWorkingConfig(stack, file);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/**
 * Cleans up after an interrupted run of a local stack: removes its lock, and marks what it left half done, which the next `up`
 * does again (see unfinished.ts).
 *
 * @throws UserError when another run holds the stack
 */
export async function healLocalStack(engine: Engine, stack: string): Promise<void> {
  if (!localStackExists(stack)) return;
  healLocks(stack);
  dropHalfCheckpoints(stack);
  const known = readCheckpoint(stack)?.latest;
  // Reading the file saves two starts of the Pulumi engine for almost every run.
  if (known == null || (isWhole(unfinished(known)) && (known.pending_operations ?? []).length === 0)) return;
  const run: RunOnStack = (args) =>
    execEngine(engine, [...args, "--stack", stack], { env: localEnv(engine), capture: true });
  tell(await markState(run, stack, unfinished));
}

/** Prints what the next `up` does in addition, because a run was interrupted. */
function tell({ replace, update }: Unfinished): void {
  const names = (urns: readonly string[]): string => urns.map((urn) => urn.slice(urn.lastIndexOf("::") + 2)).join(", ");
  const what = [
    ...(replace.length === 0 ? [] : [`recreates ${names(replace)}`]),
    ...(update.length === 0 ? [] : [`updates ${names(update)} again`]),
  ];
  if (what.length > 0) process.stderr.write(`The last run was interrupted: the next up ${what.join(" and ")}.\n`);
}

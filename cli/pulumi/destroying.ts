/**
 * A destroy of a local stack writes its state once, at its end, instead of before and after each of hundreds of steps,
 * which for 53 workers takes 40 s. A destroy can be repeated, so nothing is lost when it fails or is interrupted: the Pulumi engine
 * then still writes what is left. Only a destroy that is killed leaves a state with hosts that are gone, and no `up` may use
 * that state. A note file marks it: it exists as long as such a destroy runs.
 */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { statePath } from "../paths";
import { UserError } from "../terminal/errors";
import { buildsOnState } from "./arguments";
import { checkpointFile } from "./local-state";
import type { RunResult } from "./exec";

/** Makes the Pulumi engine write the state only at the end. Source: pulumi/pulumi, sdk/go/common/env, issue 10668. */
export const STATE_AT_END = { PULUMI_SKIP_CHECKPOINTS: "true" } as const;

const noteOf = (stack: string): string => statePath("destroying", stack);

/**
 * Runs a destroy with {@link STATE_AT_END}, noted.
 *
 * @param run the Pulumi engine's run
 */
export async function noted(stack: string, run: () => Promise<RunResult>): Promise<RunResult> {
  const note = noteOf(stack);
  mkdirSync(dirname(note), { recursive: true, mode: 0o700 });
  writeFileSync(note, "");
  const before = written(stack);
  const result = await run();
  if (result.code === 0 || written(stack) !== before) rmSync(note, { force: true });
  return result;
}

/** When the Pulumi engine last wrote the state, in milliseconds. */
function written(stack: string): number {
  return statSync(checkpointFile(stack), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * Refuses commands that rely on a state which a killed destroy has left.
 *
 * @throws UserError when a destroy of the stack was killed and not finished since
 */
export function refuseHalfDestroyed(stack: string, args: readonly string[]): void {
  if (!buildsOnState(args) || !existsSync(noteOf(stack))) return;
  throw new UserError(
    `A destroy of the stack '${stack}' was killed, so its state may list hosts that are gone. ` +
      `Finish it first: npm run destroy -- ${stack} --yes`,
  );
}

/** Removes the note, after the stack is gone. */
export function forgetDestroying(stack: string): void {
  rmSync(noteOf(stack), { force: true });
}

/**
 * A destroy of a local stack writes its state once, at its end, instead of before and after each of hundreds of steps,
 * which for 53 workers takes 40 s. Whatever it has done can be done again, so nothing is lost when it fails or is told to
 * stop: then the engine still writes what is left. Only one that is killed leaves a state that knows of machines which
 * are gone, and on that nothing may be built. A note, there as long as such a destroy runs, tells of it.
 */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { statePath } from "../paths";
import { UserError } from "../terminal/errors";
import { buildsOnState } from "./arguments";
import { checkpointFile } from "./local-state";
import type { RunResult } from "./exec";

/** Has the engine write the state at the end alone. Source: pulumi/pulumi, sdk/go/common/env, issue 10668. */
export const STATE_AT_END = { PULUMI_SKIP_CHECKPOINTS: "true" } as const;

const noteOf = (stack: string): string => statePath("destroying", stack);

/**
 * Runs a destroy with {@link STATE_AT_END}, noted.
 *
 * @param run the engine's run
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

/** When the engine last wrote the state, in milliseconds. */
function written(stack: string): number {
  return statSync(checkpointFile(stack), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * Lets nothing be built on what a killed destroy has left.
 *
 * @throws UserError when a destroy of the stack was killed and not run to its end since
 */
export function refuseHalfDestroyed(stack: string, args: readonly string[]): void {
  if (!buildsOnState(args) || !existsSync(noteOf(stack))) return;
  throw new UserError(
    `A destroy of the stack '${stack}' was killed, and nobody knows which of its machines are gone. ` +
      `Let it come to its end first: npm run destroy -- ${stack} --yes`,
  );
}

/** Forgets that a stack was being destroyed: it is gone. */
export function forgetDestroying(stack: string): void {
  rmSync(noteOf(stack), { force: true });
}

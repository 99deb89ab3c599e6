/** Rewrites a stack's state, and never over the change of another run. */
import { UserError } from "../terminal/errors";
import type { RunResult } from "./exec";
import type { State } from "./unfinished";

/** Runs a command of the Pulumi engine on a stack, captured. */
type Run = (args: readonly string[], input?: string) => Promise<RunResult>;

/**
 * What an export of a stack's state prints.
 *
 * @param flags further arguments of `pulumi stack export`
 * @throws UserError when it fails
 */
export async function readText(run: Run, stack: string, flags: readonly string[] = []): Promise<string> {
  const { code, stdout, stderr } = await run(["stack", "export", ...flags]);
  if (code !== 0) throw new UserError(`The state of '${stack}' can't be read: ${stderr.trim()}`);
  return stdout;
}

/**
 * To be called directly before a state is written. Each write of a state has its time in it (manifest.time). So equal texts are the
 * same write.
 *
 * @param before what {@link readText} has returned
 * @throws UserError when another run has written it since
 */
export async function refuseChanged(
  run: Run,
  stack: string,
  before: string,
  flags: readonly string[] = [],
): Promise<void> {
  if ((await readText(run, stack, flags)) === before) return;
  throw new UserError(
    `The state of '${stack}' wasn't written: another run of Pulumi has changed it meanwhile. Wait until no other run is in progress.`,
  );
}

/** Secrets in plain text. */
const SHOWN = ["--show-secrets"];

/** Whose state is rewritten. */
export interface Rewritten {
  /** The stack's name. */
  readonly stack: string;
  /** How a person finishes an `up` that was interrupted, for the error. */
  readonly finish: string;
}

/**
 * Rewrites a state, secrets in plain text. The state is read once more directly before it is written: one that another run
 * has changed since is left alone. The import itself takes the state's lock, so it fails while an `up` runs. (pulumi v3.245.0,
 * pkg/backend/diy/backend.go, `ImportDeployment`.)
 *
 * @param change what `pulumi stack export --show-secrets` prints, parsed, to the same as it has to be. Pure
 * @throws UserError when the state can't be read or written, has changed, or is that of an interrupted `up`: what that had begun isn't
 * known from the resources alone, and an import forgets it; Error of `change`. Then nothing is written
 */
export async function rewriteWith(
  run: Run,
  { stack, finish }: Rewritten,
  change: (exported: unknown) => unknown,
): Promise<void> {
  const before = await readText(run, stack, SHOWN);
  const exported = JSON.parse(before) as { readonly deployment?: State | null };
  if ((exported.deployment?.pending_operations ?? []).length > 0) {
    throw new UserError(`An up of the stack ${stack} was interrupted. Finish it: ${finish}`);
  }
  const input = JSON.stringify(change(exported));
  await refuseChanged(run, stack, before, SHOWN);
  const written = await run(["stack", "import"], input);
  if (written.code !== 0) throw new UserError(`The state of '${stack}' can't be written: ${written.stderr.trim()}`);
}

/** The check that each zone offers the instance types that the stack wants there, before an `up` fails half-way. */
import { describeMissing, offeredOf, wantedOf } from "./quotas/offerings";
import { UserError } from "../../terminal/errors";
import type { StackFile } from "../../pulumi/project";
import { awsConfigOf, regionOf } from "./keys";

/** Commands that create machines, or show that they would. */
const CREATING = ["up", "update", "preview"];

/**
 * Asks AWS for what the state doesn't have yet. For a preview, what is missing is a warning.
 *
 * @param state What `pulumi stack export` prints; undefined before the first `up`
 * @throws UserError that names each type, zone and host, and the zones that offer the type
 */
export async function checkOfferings(
  stack: string,
  file: StackFile,
  args: readonly string[],
  state: () => Promise<string | undefined>,
): Promise<void> {
  if (file.platform !== "aws" || !CREATING.includes(args[0] ?? "")) return;
  const config = awsConfigOf(stack, file);
  // The program itself names what is wrong with its configuration.
  if (config === undefined) return;
  const wanted = wantedOf(config, await state());
  if (wanted.length === 0) return;
  const types = wanted.map(({ type }) => type);
  let missing: string | undefined;
  try {
    missing = describeMissing(stack, wanted, await offeredOf(types, regionOf(file)));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(`not checked whether the zones of ${stack} offer its instance types: ${error.message}`);
    return;
  }
  if (missing === undefined) return;
  if (args[0] !== "preview") throw new UserError(`Nothing was done. ${missing}`);
  warn(missing);
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}

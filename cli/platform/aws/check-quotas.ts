/** The check of the account's quotas, before an `up` that AWS would refuse half-way. */
import { describeShort, describeUnknown } from "./quotas/describe";
import { needOf } from "./quotas/need";
import { isShort } from "./quotas/quotas";
import { missingOf, standingsOf } from "./quotas/standings";
import { UserError } from "../../terminal/errors";
import type { StackFile } from "../../pulumi/project";
import { awsConfigOf, regionOf } from "./keys";

/** Commands that create resources. */
const CREATING = ["up", "update"];

/**
 * Checks the quotas that a stack needs more of.
 *
 * @param state What `pulumi stack export` prints; undefined before the first `up`
 * @throws UserError that names each quota that is too small, its figures, and the command that requests more
 */
export async function checkQuotas(
  stack: string,
  file: StackFile,
  args: readonly string[],
  state: () => Promise<string | undefined>,
): Promise<void> {
  if (file.platform !== "aws" || !CREATING.includes(args[0] ?? "")) return;
  const config = awsConfigOf(stack, file);
  // The program itself names what is wrong with its configuration.
  if (config === undefined) return;
  const region = regionOf(file);
  const { standings, unknown } = await standingsOf(missingOf(needOf(config), await state()), region);
  if (unknown.length > 0) warn(describeUnknown(stack, region, unknown));
  const short = standings.filter(isShort);
  if (short.length > 0) throw new UserError(`Nothing was done. ${describeShort(stack, region, short)}`);
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}

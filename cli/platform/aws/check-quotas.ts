/** The check of the account's quotas, before an `up` that AWS would refuse half-way. */
import { describeShort, describeUnknown, unknownReason } from "./quotas/describe";
import { needOf } from "./quotas/need";
import { isShort } from "./quotas/quotas";
import { missingOf, standingsOf } from "./quotas/standings";
import { UserError } from "../../terminal/errors";
import { warn } from "../../terminal/warn";
import { NotChecked } from "../not-checked";
import type { PlannedRun } from "../types";
import { configOfRun, regionOf } from "./keys";

/** Commands that create resources. */
const CREATING = ["up", "update"];

/**
 * Checks the quotas that a stack needs more of.
 *
 * @throws UserError that names each quota that is too small, its figures, and the command that requests more; NotChecked where AWS
 *   doesn't tell some
 */
export async function checkQuotas(run: PlannedRun): Promise<void> {
  const config = configOfRun(run, CREATING);
  if (config === undefined) return;
  const { stack, file, state } = run;
  const region = regionOf(file);
  const { standings, unknown } = await standingsOf(missingOf(needOf(config), await state()), region);
  const short = standings.filter(isShort);
  const notChecked = unknown.length === 0 ? undefined : describeUnknown(stack, region, unknown);
  if (short.length > 0) {
    if (notChecked !== undefined) warn(notChecked);
    throw new UserError(`Nothing was done. ${describeShort(stack, region, short)}`);
  }
  if (notChecked !== undefined) throw new NotChecked(unknownReason(unknown), notChecked);
}

/** The check that each zone offers the instance types that the stack wants there, before an `up` fails half-way. */
import { describeMissing, offeredOf, wantedOf } from "./quotas/offerings";
import { UserError } from "../../terminal/errors";
import { warn } from "../../terminal/warn";
import { NotChecked } from "../not-checked";
import type { PlannedRun } from "../types";
import { configOfRun, regionOf } from "./keys";

/** Commands that create instances, or preview that. */
const CREATING = ["up", "update", "preview"];

/**
 * Checks the instances that the state doesn't have yet. A preview only prints a warning.
 *
 * @throws UserError that names each type, zone and host, and the zones that offer the type; NotChecked where AWS can't be asked
 */
export async function checkOfferings(run: PlannedRun): Promise<void> {
  const config = configOfRun(run, CREATING);
  if (config === undefined) return;
  const { stack, file, args, state } = run;
  const wanted = wantedOf(config, await state());
  if (wanted.length === 0) return;
  const types = wanted.map(({ type }) => type);
  let missing: string | undefined;
  try {
    missing = describeMissing(stack, wanted, await offeredOf(types, regionOf(file)));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new NotChecked(
      error.message,
      `not checked whether the zones of ${stack} offer its instance types: ${error.message}`,
    );
  }
  if (missing === undefined) return;
  if (args[0] !== "preview") throw new UserError(`Nothing was done. ${missing}`);
  warn(missing);
}

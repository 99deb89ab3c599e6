import { checkBastion } from "../../pulumi/bastion";
import type { PlannedRun } from "../types";
import { publicBastion } from "./bastion";
import { checkOfferings } from "./check-offerings";
import { checkQuotas } from "./check-quotas";
import { checkUnmanaged } from "./check-unmanaged";
import { checkTunnel, tunnelPort } from "./session-tunnel";

/** The checks before a run, in an order in which each can rely on those before it. */
export async function preflight(run: PlannedRun): Promise<void> {
  const { stack, file, args, official, state } = run;
  await checkTunnel(stack, file, args, async () => (await state())?.includes(':Instance::bastion"') === true);
  if (official) {
    await checkUnmanaged(run);
    await checkQuotas(run);
    await checkOfferings(run);
  }
  if (tunnelPort(file) === undefined) await checkBastion(stack, args, async () => publicBastion(await state()));
}

import { checkBastion } from "../../pulumi/bastion";
import { orWarned } from "../not-checked";
import type { PlannedRun, PreflightCheck } from "../types";
import { publicBastion } from "./bastion";
import { checkOfferings } from "./check-offerings";
import { checkQuotas } from "./check-quotas";
import { checkUnmanaged } from "./check-unmanaged";
import { checkTunnel, tunnelPort } from "./session-tunnel";

/** The checks before a run, in an order in which each can rely on those before it. */
export function checks(run: PlannedRun): PreflightCheck[] {
  const { stack, file, args, official, state } = run;
  const tunnel = async (): Promise<void> =>
    checkTunnel(stack, file, args, async () => (await state())?.includes(':Instance::bastion"') === true);
  const bastion = async (): Promise<void> => checkBastion(stack, args, async () => publicBastion(await state()));
  return [
    { what: "the tunnel to the bastion", check: tunnel },
    ...(official
      ? [
          { what: "credentials, and what an interrupted run left", check: () => checkUnmanaged(run) },
          { what: "the account's quotas", check: () => checkQuotas(run) },
          { what: "instance types that the zones offer", check: () => checkOfferings(run) },
        ]
      : []),
    ...(tunnelPort(file) === undefined ? [{ what: "the bastion", check: bastion }] : []),
  ];
}

/** Runs all checks; one that AWS doesn't let it make is a warning. @throws UserError of the first one that fails */
export async function preflight(run: PlannedRun): Promise<void> {
  for (const { check } of checks(run)) await orWarned(check);
}

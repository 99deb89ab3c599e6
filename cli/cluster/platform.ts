import type Docker from "dockerode";
import { isHeld } from "../pulumi/locks";
import { readStackFile } from "../pulumi/project";
import { docker } from "../../components/platform/local/docker";
import { lookAtMachines } from "../platform/local/heal";
import { findingsOf } from "../platform/local/heal/words";
import { prepareMachine } from "../workstation/machine";
import { findStrays } from "../platform/local/strays";
import type { Live } from "./model";

/** Whether a stack's machines are containers on this computer. @throws SetupError when there is no such stack */
export function isLocal(stack: string): boolean {
  return readStackFile(stack).platform === "local";
}

/**
 * Makes sure that this computer can make the stack's machines: for a local stack it needs a Docker engine and the image.
 *
 * @returns the engine's client for a local stack
 */
export async function prepareFor(stack: string): Promise<Docker | undefined> {
  return isLocal(stack) ? (await prepareMachine()).docker : undefined;
}

/**
 * What a platform has against what the state says: machines, their network, and machines that the state doesn't know.
 *
 * @returns nothing where the platform can't tell, or doesn't answer
 */
export async function lookAtPlatform(stack: string): Promise<Pick<Live, "machines" | "strays">> {
  // A run that lives makes and removes machines: what isn't as the state has it then is on its way.
  if (!isLocal(stack) || isHeld(stack)) return {};
  try {
    const [plan, strays] = await Promise.all([lookAtMachines(docker(), stack), findStrays(docker(), stack)]);
    return { machines: findingsOf(plan), strays: strays.map(({ name }) => name) };
  } catch {
    // Without the Docker engine nothing of the stack answers either, and that is told.
    return {};
  }
}

/** What the commands ask of a stack's platform about its machines. */
import type Docker from "dockerode";
import { platformOf, platformsOf } from "../platform";
import type { BroughtBack, Containers, Members } from "../platform/types";
import { healState, redo } from "../pulumi";
import { isHeld } from "../pulumi/locks";
import { readStackFile } from "../pulumi/project";
import type { Live } from "./model";
import { readState, type StackState } from "./stack";

/** A stack's machines, where they are containers of this workstation. @throws UserError when there is no such stack */
export function containersOf(stack: string): Containers | undefined {
  return platformOf(readStackFile(stack))?.containers;
}

/**
 * Makes sure that this workstation can make the stack's machines, where they are containers: engine, images, Pulumi.
 *
 * @returns the engine's client; undefined where the machines are elsewhere
 */
export async function prepareFor(stack: string): Promise<Docker | undefined> {
  return containersOf(stack)?.prepare(stack);
}

/**
 * Brings back what a stack's platform still has of its machines.
 *
 * @throws UserError when a run that lives holds the stack, or no manager is left; Error where machines are no containers
 */
export async function bringBack(docker: Docker, stack: string): Promise<BroughtBack> {
  const containers = containersOf(stack);
  if (containers === undefined) throw new Error(`the machines of the stack ${stack} are no containers`);
  const read = async (name: string) => (await readState(name)).deployment;
  return containers.bringBack(docker, stack, { heal: healState, redo, read });
}

/**
 * What a platform has against what the state says: machines, their network, and machines that the state doesn't know.
 *
 * @returns nothing where the platform can't tell, or doesn't answer
 */
export async function lookAtPlatform(stack: string): Promise<Pick<Live, "machines" | "strays">> {
  const containers = containersOf(stack);
  // A run that lives makes and removes machines: what isn't as the state has it then is on its way.
  if (containers === undefined || isHeld(stack)) return {};
  try {
    return await containers.inspect(stack);
  } catch {
    // Without the Docker engine nothing of the stack answers either, and that is told.
    return {};
  }
}

/** Members of the load balancers that only the platform can tell. Never throws: what can't be asked is unknown. */
export async function membersOf({ stack, deployment }: StackState): Promise<Members> {
  const told = platformsOf(readStackFile(stack)).map(async (platform) => (await platform.members?.(deployment)) ?? {});
  return Object.assign({}, ...(await Promise.all(told))) as Members;
}

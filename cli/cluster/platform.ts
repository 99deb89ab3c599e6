/** A stack's platform: its hosts, bastion and load balancers. */
import type Docker from "dockerode";
import { cliPlatformOf, platformsOf } from "../platform";
import type { BroughtBack, Containers, EngineUpgrade, ListedHosts, Members } from "../platform/types";
import { healState, redo } from "../pulumi";
import { isHeld } from "../pulumi/locks";
import { readStackFile } from "../pulumi/project";
import { UserError } from "../terminal/errors";
import type { Live } from "./model";
import { readState, type StackState } from "./stack";

/** The platform's part for hosts that are containers on this workstation; undefined for others. @throws UserError when there is no such stack */
export function containersOf(stack: string): Containers | undefined {
  return cliPlatformOf(readStackFile(stack))?.containers;
}

/**
 * Prepares this workstation for hosts that are containers: Docker engine, images, Pulumi.
 *
 * @returns the Docker engine's client; undefined where the hosts are elsewhere
 */
export async function prepareFor(stack: string): Promise<Docker | undefined> {
  return containersOf(stack)?.prepare(stack);
}

/**
 * Brings back what the platform still has of a stack's hosts.
 *
 * @throws UserError when another run holds the stack, or no manager is left; Error where hosts aren't containers
 */
export async function bringBack(docker: Docker, stack: string): Promise<BroughtBack> {
  const containers = containersOf(stack);
  if (containers === undefined) throw new Error(`the hosts of the stack ${stack} aren't containers`);
  const read = async (name: string) => (await readState(name)).deployment;
  return containers.bringBack(docker, stack, { heal: healState, redo, read });
}

/**
 * Differences between the platform and the state: hosts, their network, and unmanaged containers.
 *
 * @returns nothing where the platform has no such list, or doesn't answer
 */
export async function lookAtPlatform(stack: string): Promise<Pick<Live, "differences" | "unmanaged">> {
  const containers = containersOf(stack);
  // During a run, containers and state differ.
  if (containers === undefined || isHeld(stack)) return {};
  try {
    const { differences, unmanaged } = await containers.inspect(stack);
    return { differences, unmanaged };
  } catch {
    // Without the Docker engine nothing of the stack answers either, which is reported.
    return {};
  }
}

/** How the stack's hosts get the Docker engine that the configuration names. @throws UserError where it names none */
export function engineUpgradeOf(stack: string): EngineUpgrade {
  const file = readStackFile(stack);
  for (const platform of platformsOf(file)) {
    const found = platform.engineUpgrade?.(stack, file);
    if (found === undefined) continue;
    if ("unknown" in found) throw new UserError(found.unknown);
    return found;
  }
  throw new UserError(
    `The configuration of the stack ${stack} isn't valid, so the wanted Docker engine is unknown. ` +
      `See what is wrong: npm run pulumi -- preview --stack ${stack}`,
  );
}

/** Members of the load balancers that only the platform lists. Never throws: what can't be asked is unknown. */
export async function membersOf({ stack, deployment }: StackState): Promise<Members> {
  const told = platformsOf(readStackFile(stack)).map(async (platform) => (await platform.members?.(deployment)) ?? {});
  return Object.assign({}, ...(await Promise.all(told))) as Members;
}

/** The platform's part for hosts that exist already; undefined for others. @throws UserError when there is no such stack */
export function listedHostsOf(stack: string): ListedHosts | undefined {
  return cliPlatformOf(readStackFile(stack))?.listed;
}

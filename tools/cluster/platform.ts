import type Docker from "dockerode";
import { readStackFile } from "../engine/project";
import { prepareMachine } from "../setup/machine";

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

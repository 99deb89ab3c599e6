/** Machines that a stack's state doesn't know: a run was killed in the moment in which it made them. */
import type Docker from "dockerode";
import { volumeOf } from "../components/platform/local/machine-spec";
import { list } from "./cluster/words";
import { readCheckpoint } from "./engine/local-state";
import { isHeld } from "./engine/locks";
import type { StateResource } from "./engine/unfinished";
import { removeLeftovers } from "./platform-local";
import { stackContainers, type StackContainer } from "./setup/leftovers";
import { createProgress } from "./setup/progress";

/**
 * The stack's stray machines. Steps follow the state, so nothing has been built on one. An `up` makes it anew if it is
 * still wanted, and doesn't see it if it isn't.
 *
 * @returns none as long as a run holds the stack, which may be about to write them down
 */
export async function findStrays(docker: Docker, stack: string): Promise<StackContainer[]> {
  // In this order: a run that begins in between makes machines that aren't in this list.
  const containers = await stackContainers(docker, stack);
  return isHeld(stack) ? [] : straysAmong(containers, readCheckpoint(stack)?.latest?.resources ?? []);
}

/** Those that a state doesn't know; none where it doesn't know of a network, without which no machine is made: it is lost. */
export function straysAmong(
  containers: readonly StackContainer[],
  resources: readonly StateResource[],
): StackContainer[] {
  if (!resources.some(({ type }) => type.endsWith("swarm-ha:Network"))) return [];
  return containers.filter(({ id }) => !resources.some((resource) => resource.id === id));
}

/** Removes the stack's stray machines with their volumes, and says so. */
export async function removeStrays(docker: Docker, stack: string): Promise<void> {
  const names = (await findStrays(docker, stack)).map(({ name }) => name);
  if (names.length === 0) return;
  createProgress().info(`Removing what a killed run has made and not written down: ${list(names)}.`);
  await removeLeftovers(docker, [
    ...names.map((name) => ({ kind: "container", name }) as const),
    ...names.map((name) => ({ kind: "volume", name: volumeOf(name) }) as const),
  ]);
}

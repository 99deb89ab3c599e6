/** Containers that a stack's state doesn't know: a run was killed just after it created them. */
import type Docker from "dockerode";
import { unlessGone } from "../../../components/platform/local/docker";
import { volumeOf } from "../../../components/platform/local/machine-spec";
import { list } from "../../cluster/words";
import { readCheckpoint } from "../../pulumi/local-state";
import { isHeld } from "../../pulumi/locks";
import type { StateResource } from "../../pulumi/unfinished";
import { removeObjects, stackContainers } from "./objects";
import { UserError } from "../../terminal/errors";
import type { StackContainer } from "../types";
import { createProgress } from "../../terminal/progress";

/**
 * The stack's unmanaged containers. Steps follow the state, so none has run on one. An `up` creates it again if it is still
 * wanted, and ignores it if it isn't.
 *
 * @returns none as long as a run holds the stack, which may be about to write them down
 */
export async function findUnmanaged(docker: Docker, stack: string): Promise<StackContainer[]> {
  // In this order: a run that begins in between makes machines that aren't in this list.
  const containers = await stackContainers(docker, stack);
  return isHeld(stack) ? [] : unmanagedAmong(containers, readCheckpoint(stack)?.latest?.resources ?? []);
}

/** Those that a state doesn't know; none where it doesn't know of a network, without which no machine is made: it is lost. */
export function unmanagedAmong(
  containers: readonly StackContainer[],
  resources: readonly StateResource[],
): StackContainer[] {
  if (!resources.some(({ type }) => type.endsWith("swarm-ha:Network"))) return [];
  return containers.filter(({ identity }) => !resources.some((resource) => resource.id === identity));
}

/** What an engine has on its volume as long as it is in a swarm, be it running or not. Source: moby, daemon/cluster. */
const NODE_STATE = "/var/lib/docker/swarm/docker-state.json";

/**
 * Removes the stack's unmanaged containers with their volumes, and names them.
 *
 * @throws UserError, before it removes any, when one is a node
 */
export async function removeUnmanaged(docker: Docker, stack: string): Promise<void> {
  const unmanaged = await findUnmanaged(docker, stack);
  if (unmanaged.length === 0) return;
  await refuseNodes(docker, stack, unmanaged);
  const names = unmanaged.map(({ name }) => name);
  createProgress().info(`Removing what a killed run has made and not written down: ${list(names)}.`);
  await removeObjects(docker, [
    ...names.map((name) => ({ kind: "container", name }) as const),
    ...names.map((name) => ({ kind: "volume", name: volumeOf(name) }) as const),
  ]);
}

/**
 * No run has left a node: what makes one is a step, and that waits until the machine is written down. The state is an older
 * one then, and what it doesn't know may be the quorum.
 *
 * @throws UserError that names them
 */
export async function refuseNodes(docker: Docker, stack: string, unmanaged: readonly StackContainer[]): Promise<void> {
  const isNode = ({ id }: StackContainer): Promise<unknown> =>
    unlessGone(docker.getContainer(id).infoArchive({ path: NODE_STATE }));
  const found = await Promise.all(unmanaged.map(async (one) => ((await isNode(one)) === undefined ? [] : [one.name])));
  const nodes = found.flat();
  if (nodes.length === 0) return;
  const command = (name: string): string => `  docker rm -fv ${name} && docker volume rm ${volumeOf(name)}`;
  throw new UserError(
    `Nothing was removed: the state of the stack ${stack} doesn't know ${list(nodes)}, and a swarm does. So this state is ` +
      "older than the machines, as after a stack import of an old export: bring back the newer one. Where they may go all the " +
      `same, because a majority of the managers stays, remove them yourself:\n\n${nodes.map(command).join("\n")}\n`,
  );
}

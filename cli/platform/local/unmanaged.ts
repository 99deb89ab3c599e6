/** Containers of a stack that its state doesn't have: a run was killed while it created them. */
import type Docker from "dockerode";
import { unlessGone } from "../../../components/docker";
import { volumeOf } from "../../../components/platform/local/container-spec";
import { list } from "../../cluster/words";
import { readCheckpoint } from "../../pulumi/local-state";
import { isHeld } from "../../pulumi/locks";
import type { StateResource } from "../../pulumi/unfinished";
import { UserError } from "../../terminal/errors";
import type { StackContainer } from "../types";
import { removeObjects, stackContainers } from "./objects";
import { createProgress } from "../../terminal/progress";

/**
 * The stack's unmanaged containers. No step has run on one, because steps follow the state. An `up` creates another one if
 * it is still wanted, and ignores this one.
 *
 * @returns none while a run holds the stack: it may be about to record them
 */
export async function findUnmanaged(docker: Docker, stack: string): Promise<StackContainer[]> {
  // In this order: a run that begins in between creates containers that aren't in this list.
  const containers = await stackContainers(docker, stack);
  return isHeld(stack) ? [] : unmanagedAmong(containers, readCheckpoint(stack)?.latest?.resources ?? []);
}

/** Those that a state doesn't have; none where it has no network, without which no container is created: it is lost. */
export function unmanagedAmong(
  containers: readonly StackContainer[],
  resources: readonly StateResource[],
): StackContainer[] {
  if (!resources.some(({ type }) => type.endsWith("swarm-ha:Network"))) return [];
  return containers.filter(({ identity }) => !resources.some((resource) => resource.id === identity));
}

/** A file on the Docker engine's volume while it is in a swarm, running or not. Source: moby, daemon/cluster. */
const NODE_STATE = "/var/lib/docker/swarm/docker-state.json";

/**
 * Removes the stack's unmanaged containers with their volumes, and reports it.
 *
 * @throws UserError, before it removes any, when one is a node
 */
export async function removeUnmanaged(docker: Docker, stack: string): Promise<void> {
  const unmanaged = await findUnmanaged(docker, stack);
  if (unmanaged.length === 0) return;
  await refuseNodes(docker, stack, unmanaged);
  const names = unmanaged.map(({ name }) => name);
  createProgress().info(
    `Removing unmanaged containers, which a killed run created and didn't record in the state: ${list(names)}.`,
  );
  await removeObjects(docker, [
    ...names.map((name) => ({ kind: "container", name }) as const),
    ...names.map((name) => ({ kind: "volume", name: volumeOf(name) }) as const),
  ]);
}

/**
 * A killed run can't have left a node: steps wait until the container is in the state. So an unmanaged node means that the
 * state is an old one, and the node may be needed for the quorum.
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
    `Nothing was removed: ${list(nodes)} ${nodes.length === 1 ? "is in a swarm, but" : "are in a swarm, but"} not in the state of ` +
      `the stack ${stack}. So the state is older than the hosts, as after a stack import of an old export: restore the newer ` +
      `one. If they may be removed, because a majority of the managers stays, remove them yourself:\n\n${nodes.map(command).join("\n")}\n`,
  );
}

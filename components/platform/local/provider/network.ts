import type Docker from "dockerode";
import { parseRange, rangeText } from "../../../../plan/ipv4";
import { messageOf } from "../../../message";
import { docker, statusOf, unlessGone } from "../../../docker";
import { retry } from "../../../retry";
import { findNetwork } from "../find";
import { LABELS } from "../../../../plan/labels";
import { refuseForeignNetworks } from "./foreign-networks";
import type { Seen } from "./reading";

/** Inputs of a network. */
export interface NetworkInputs {
  /** Name of the network. */
  readonly name: string;
  /** Name of the stack. */
  readonly stack: string;
  /** Address range, CIDR. */
  readonly subnet: string;
  /** This computer's address in it. */
  readonly gateway: string;
}

/** How long the network's removal waits for containers that are being removed, in seconds. */
const RELEASE_LIMIT = 30;

/**
 * Refuses another address range before anything is changed.
 *
 * Managers have fixed addresses in Raft, and replacing the network replaces all of them. If its
 * hosts moved one by one, neither side would have a majority.
 */
export function refuseMove(old: NetworkInputs, inputs: NetworkInputs): void {
  if (old.subnet === inputs.subnet) return;
  throw new Error(
    `swarm-ha:network.hosts is ${inputs.subnet}, but the stack '${inputs.stack}' uses ${old.subnet}, and can't change it: ` +
      `write ${old.subnet} again, or recreate the stack: npm run destroy -- ${inputs.stack}, then npm start -- ${inputs.stack}`,
  );
}

/**
 * Creates the stack's network, or adopts an empty one that an interrupted run has left.
 *
 * @throws Error if unmanaged containers are on it.
 */
export async function createNetwork(inputs: NetworkInputs): Promise<{ id: string; outs: NetworkInputs }> {
  const engine = docker();
  const old = await unlessGone(engine.getNetwork(inputs.name).inspect());
  if (old !== undefined) {
    if (old.Labels?.[LABELS.stack] !== inputs.stack) {
      throw new Error(
        `a network named '${inputs.name}' exists, and it isn't part of this stack; rename or remove it (\`docker network rm ${inputs.name}\`)`,
      );
    }
    const containers = await engine.listContainers({
      all: true,
      filters: { label: [`${LABELS.stack}=${inputs.stack}`] },
    });
    if (containers.length > 0) {
      throw new Error(
        `there are ${String(containers.length)} unmanaged containers of a stack '${inputs.stack}', which aren't in this state; ` +
          `remove them with: npm run destroy -- ${inputs.stack}`,
      );
    }
    await removeNetwork(inputs.name);
  }
  return { id: await makeNetwork(engine, inputs), outs: inputs };
}

/**
 * Creates the network itself.
 *
 * @returns its id
 * @throws Error with the remedy when its range is taken
 */
export async function makeNetwork(engine: Docker, inputs: NetworkInputs): Promise<string> {
  await refuseForeignNetworks(engine, inputs.subnet);
  try {
    const network = await engine.createNetwork({
      Name: inputs.name,
      CheckDuplicate: true,
      Driver: "bridge",
      IPAM: {
        Driver: "default",
        Config: [{ Subnet: inputs.subnet, Gateway: inputs.gateway, IPRange: guestRange(inputs.subnet) }],
      },
      Labels: { [LABELS.stack]: inputs.stack },
    });
    return network.id;
  } catch (error) {
    throw new Error(
      `the network '${inputs.name}' with the range ${inputs.subnet} can't be created: ${messageOf(error)}. If the range is ` +
        "taken (`docker network ls`, `ip route`), set swarm-ha:network.hosts to a free one",
      { cause: error },
    );
  }
}

/**
 * Addresses for foreign containers on this network. Otherwise the Docker engine would
 * give them the first free one: the bastion's, for example, while that is being replaced. It is the last quarter of
 * the infrastructure's eighth, which the plan doesn't use.
 */
export function guestRange(subnet: string): string {
  const { first, last, prefix } = parseRange(subnet);
  const eighth = (last + 1 - first) / 8;
  return rangeText({ first: first + eighth * 0.75, prefix: prefix + 5 });
}

/** Reads the network. */
export async function readNetwork(inputs: NetworkInputs, id: string): Promise<Seen<NetworkInputs>> {
  return (await findNetwork(docker(), id, inputs)) === undefined ? { kind: "gone" } : { kind: "there", state: inputs };
}

/**
 * Removes the network, which is the last step of destroying a stack. First it removes unmanaged objects: a container that an
 * interrupted run created, and the volume of one that was removed by hand.
 */
export async function deleteNetwork(id: string, inputs: NetworkInputs): Promise<void> {
  await removeForgotten(docker(), inputs.stack);
  await removeNetwork((await findNetwork(docker(), id, inputs))?.Id ?? id);
}

async function removeForgotten(engine: Docker, stack: string): Promise<void> {
  const filters = { label: [`${LABELS.stack}=${stack}`] };
  const containers = await engine.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => removed(engine.getContainer(Id).remove({ force: true, v: true }))));
  const { Volumes: volumes } = await engine.listVolumes({ filters });
  await Promise.all(volumes.map(({ Name }) => removed(engine.getVolume(Name).remove({ force: true }))));
}

/** 404: gone already; 409: it is being removed at this moment. */
async function removed(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
  }
}

/** Removes the network, as soon as no container uses it. */
export async function removeNetwork(idOrName: string): Promise<void> {
  const network = docker().getNetwork(idOrName);
  const held = (error: unknown): boolean => statusOf(error) === 403;
  try {
    await retry(() => unlessGone(network.remove()), { limit: RELEASE_LIMIT, pause: 0.25, when: held });
  } catch (error) {
    throw new Error(
      `the network ${idOrName} can't be removed within ${String(RELEASE_LIMIT)} s: ${messageOf(error)}` +
        (await guestsOf(network)),
      { cause: error },
    );
  }
}

/** Containers that are still on a network, as the end of an error message. */
async function guestsOf(network: Docker.Network): Promise<string> {
  const found = await unlessGone(network.inspect());
  const names = Object.values(found?.Containers ?? {}).map(({ Name }) => Name);
  if (names.length > 0) return `. Still on it: ${names.join(", ")}; remove them or disconnect them`;
  // Docker engines miscount containers that come and go at the same time, and count again at a restart (moby/moby issue 42119).
  return found === undefined
    ? ""
    : ". Nothing is on it, so the Docker engine has miscounted: restart it (sudo systemctl restart docker; " +
        "without systemd: npm run engine:stop, then npm start), then run the same again";
}

import { setTimeout as sleep } from "node:timers/promises";
import { LABELS } from "../labels";
import { docker, messageOf, statusOf, unlessGone } from "../docker";

/** What a network is made from. */
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

/** How long containers that are being removed may hold on to their network, in seconds. */
const RELEASE_LIMIT = 30;

/**
 * Makes the stack's network, or takes over an empty one that an interrupted run has left.
 *
 * @throws Error when machines without a state are on it.
 */
export async function createNetwork(inputs: NetworkInputs): Promise<{ id: string; outs: NetworkInputs }> {
  const engine = docker();
  const old = await unlessGone(engine.getNetwork(inputs.name).inspect());
  if (old !== undefined) {
    const containers = await engine.listContainers({
      all: true,
      filters: { label: [`${LABELS.stack}=${inputs.stack}`] },
    });
    if (containers.length > 0) {
      throw new Error(
        `there are ${String(containers.length)} containers of a stack '${inputs.stack}' that this state knows nothing of; ` +
          `remove them with: npm run destroy -- ${inputs.stack}`,
      );
    }
    await removeNetwork(inputs.name);
  }
  try {
    const network = await engine.createNetwork({
      Name: inputs.name,
      CheckDuplicate: true,
      Driver: "bridge",
      IPAM: { Driver: "default", Config: [{ Subnet: inputs.subnet, Gateway: inputs.gateway }] },
      Labels: { [LABELS.stack]: inputs.stack },
    });
    return { id: network.id, outs: inputs };
  } catch (error) {
    throw new Error(
      `the network '${inputs.name}' with the range ${inputs.subnet} can't be made: ${messageOf(error)}. If the range is ` +
        "taken (`docker network ls`, `ip route`), set swarm-ha:network.hosts to a free one",
      { cause: error },
    );
  }
}

/** The network as it is now; undefined when it is gone. */
export async function readNetwork(id: string, inputs: NetworkInputs): Promise<NetworkInputs | undefined> {
  const network = await unlessGone(docker().getNetwork(id).inspect());
  return network === undefined ? undefined : inputs;
}

/** Removes the network, as soon as the last container has let go of it. */
export async function removeNetwork(idOrName: string): Promise<void> {
  const network = docker().getNetwork(idOrName);
  for (const end = Date.now() + RELEASE_LIMIT * 1000; ;) {
    try {
      await unlessGone(network.remove());
      return;
    } catch (error) {
      if (statusOf(error) !== 403 || Date.now() > end) {
        throw new Error(
          `the network ${idOrName} can't be removed within ${String(RELEASE_LIMIT)} s: ${messageOf(error)}`,
          {
            cause: error,
          },
        );
      }
    }
    await sleep(250);
  }
}

/**
 * Restores what was removed by hand or by `docker system prune`: a container whose data are still on its volume, and
 * the stack's network. The host keeps its identity, address and data.
 */
import type Docker from "dockerode";
import { checkImage, unlessGone } from "../../docker";
import { containerOptions, endpoint, type ContainerFile } from "./container-spec";
import { archive } from "./provider/archive";
import type { ContainerState } from "./provider/container-resource";
import { makeNetwork, type NetworkInputs } from "./provider/network";
import { startAndWait } from "./provider/serving";
import { engineOf, hostImage } from "./image";

/** A container's place on a network. */
export interface Place {
  /** Name of the network. */
  readonly network: string;
  /** The container's fixed address. */
  readonly address: string;
  /** Its name on the network. */
  readonly hostname: string;
}

/**
 * Recreates the stack's network, without members: see {@link reconnect}.
 *
 * @throws Error with the remedy when its range is taken
 */
export async function restoreNetwork(engine: Docker, inputs: NetworkInputs): Promise<void> {
  await makeNetwork(engine, inputs);
}

/**
 * Recreates and starts a container that was removed. It uses the volumes that are left.
 *
 * The former image may be gone. A running container never takes a new image, so any host image with its Docker engine will do:
 * an older Docker engine may not be able to read what is on the volume.
 *
 * @param more Files that steps wrote into the former container, and that later steps need.
 * @throws Error if there is no image, or the container's services don't start
 */
export async function restoreContainer(
  engine: Docker,
  state: ContainerState,
  more: readonly ContainerFile[] = [],
): Promise<void> {
  const known = await unlessGone(engine.getImage(state.image).inspect());
  const image = known === undefined ? hostImage(engineOf(state.image)) : state.image;
  await checkImage(engine, image);
  const container = await engine.createContainer(containerOptions({ ...state, image }, state.address, state.identity));
  try {
    await container.putArchive(await archive([...state.files, ...more]), { path: "/" });
    await startAndWait(container, state.reload);
  } catch (error) {
    // Its volumes stay: this removes only anonymous ones.
    await unlessGone(container.remove({ force: true, v: true })).catch(() => undefined);
    throw error;
  }
}

/**
 * Connects a container to the stack's network, with its address, even if it is connected already. A container with the id of a
 * deleted network can't be started, and must be disconnected by force first.
 */
export async function reconnect(
  engine: Docker,
  container: string,
  { network, address, hostname }: Place,
): Promise<void> {
  const there = engine.getNetwork(network);
  const { NetworkSettings } = await engine.getContainer(container).inspect();
  if (NetworkSettings.Networks[network] !== undefined) {
    await there.disconnect({ Container: container, Force: true });
  }
  await there.connect({ Container: container, EndpointConfig: endpoint({ hostname }, address) });
}

/**
 * Bringing back what was removed by hand or by `docker system prune`: a container whose data survive on its volume, and
 * the stack's network. The machine stays the same one, with its identity, address and data.
 */
import type Docker from "dockerode";
import { checkImage, unlessGone } from "../../docker";
import { containerOptions, endpoint, type MachineFile } from "./machine-spec";
import { archive } from "./provider/archive";
import type { MachineState } from "./provider/machine";
import { makeNetwork, type NetworkInputs } from "./provider/network";
import { startAndWait } from "./provider/serving";
import { hostImage } from "./image";

/** A container's place on a network. */
export interface Place {
  /** Name of the network. */
  readonly network: string;
  /** The address that the machine has for life. */
  readonly address: string;
  /** Its name on the network. */
  readonly hostname: string;
}

/**
 * Makes the stack's network again. Nobody is on it then: see {@link reconnect}.
 *
 * @throws Error with the remedy when its range is taken
 */
export async function restoreNetwork(engine: Docker, inputs: NetworkInputs): Promise<void> {
  await makeNetwork(engine, inputs);
}

/**
 * Makes a container for a machine that has lost its own, and starts it. Its volumes are taken as they are.
 *
 * The engine's image of back then may be gone. A running machine has never taken a new one, so any will do that is a host's.
 *
 * @param more Files that steps have written into the former container, and that steps of later rely on.
 * @throws Error when no image is there, or the container doesn't serve
 */
export async function restoreMachine(
  engine: Docker,
  state: MachineState,
  more: readonly MachineFile[] = [],
): Promise<void> {
  const known = await unlessGone(engine.getImage(state.image).inspect());
  const image = known === undefined ? hostImage() : state.image;
  await checkImage(engine, image);
  const container = await engine.createContainer(containerOptions({ ...state, image }, state.address, state.identity));
  try {
    await container.putArchive(await archive([...state.files, ...more]), { path: "/" });
    await startAndWait(container, state.reload);
  } catch (error) {
    // Its volumes stay: only anonymous ones would go with it.
    await unlessGone(container.remove({ force: true, v: true })).catch(() => undefined);
    throw error;
  }
}

/**
 * Puts a container on the stack's network, with its address, whatever it was on before. One that still has the id of a
 * network that is gone can't be started, and can't be connected before it is disconnected by force.
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

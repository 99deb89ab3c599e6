import type Docker from "dockerode";
import { messageOf } from "../../../message";
import { checkImage, docker, statusOf, unlessGone } from "../../../docker";
import { findContainer } from "../find";
import { LABELS } from "../../../../plan/labels";
import { containerOptions, volumeOf, type ContainerInputs } from "../container-spec";
import { pickAddress, releaseAddress } from "./address";
import { archive } from "./archive";
import { gone, reload } from "./container";
import { explain } from "./explain";
import { announceMember } from "./members";
import { ensureRoomForOneMore } from "./neighbours";
import type { Seen } from "./reading";
import { startAndWait } from "./serving";

/** A container's state. */
export interface ContainerState extends ContainerInputs {
  /** Id of the host's first container: it changes exactly when the host is replaced. */
  readonly identity: string;
  /** Its address. */
  readonly address: string;
}

/** How many addresses are tried. */
const ATTEMPTS = 5;

/**
 * Creates and starts a container. An unmanaged one of the same name, left by an interrupted run, is removed first. It isn't
 * in the state, so no other resource depends on it.
 */
export async function createContainer(inputs: ContainerInputs): Promise<{ id: string; outs: ContainerState }> {
  const engine = docker();
  await checkImage(engine, inputs.image);
  await removeUnmanaged(engine, inputs);
  await ensureRoomForOneMore(engine);
  for (let attempt = 1; ; attempt++) {
    const address = await pickAddress(engine, inputs);
    try {
      const id = await startContainer(engine, inputs, address);
      await announceMember(engine, inputs, address);
      return { id, outs: { ...inputs, identity: id, address } };
    } catch (error) {
      // A half-created container would keep the name and the address.
      await deleteContainer(inputs.container, inputs).catch(() => undefined);
      const stolen = /address already in use/i.test(messageOf(error));
      // A foreign container took the address in the meantime. It stays marked as used, and the next one is tried.
      if (stolen && inputs.address === undefined && attempt < ATTEMPTS) continue;
      if (!stolen) releaseAddress(inputs.network, address);
      throw new Error(`${inputs.container} (${address}) can't be created: ${explain(error)}`, { cause: error });
    }
  }
}

async function startContainer(engine: Docker, inputs: ContainerInputs, address: string): Promise<string> {
  const container = await engine.createContainer(containerOptions(inputs, address));
  await container.putArchive(await archive(inputs.files), { path: "/" });
  await startAndWait(container, inputs.reload);
  return container.id;
}

/** Reads the container. A stopped or paused one still exists, as in a cloud. */
export async function readContainer(state: ContainerState, id: string): Promise<Seen<ContainerState>> {
  return (await findContainer(docker(), id)) === undefined ? { kind: "gone" } : { kind: "there", state };
}

/** Writes changed files and reloads the services. Any other change replaces the container. */
export async function updateContainer(
  id: string,
  old: ContainerState,
  inputs: ContainerInputs,
): Promise<ContainerState> {
  const found = await findContainer(docker(), id);
  if (found === undefined) {
    throw new Error(
      `${inputs.container} is gone; \`npm run repair -- ${inputs.labels[LABELS.stack] ?? ""}\` recreates it`,
    );
  }
  const { container, info } = found;
  await container.putArchive(await archive(inputs.files), { path: "/" });
  // A stopped one reads its files when it starts.
  if (info.State.Running) {
    for (const service of inputs.reload) await reload(container, service);
  }
  return { ...inputs, identity: old.identity, address: old.address };
}

/** Removes the container and its data, whether it runs or not. It may be gone already. */
export async function deleteContainer(id: string, state: ContainerInputs): Promise<void> {
  const engine = docker();
  const container = (await findContainer(engine, id))?.container ?? engine.getContainer(id);
  try {
    await unlessGone(container.remove({ force: true, v: true }));
  } catch (error) {
    // 409: it is being removed at this moment.
    if (statusOf(error) !== 409) throw error;
    await gone(container);
  }
  if (state.nested) await unlessGone(engine.getVolume(volumeOf(state.container)).remove({ force: true }));
  if (state.address !== undefined) releaseAddress(state.network, state.address);
}

async function removeUnmanaged(engine: Docker, inputs: ContainerInputs): Promise<void> {
  const old = await unlessGone(engine.getContainer(inputs.container).inspect());
  if (old === undefined) {
    // The volume may exist without its container: a new node hangs on old Raft state.
    if (inputs.nested) await unlessGone(engine.getVolume(volumeOf(inputs.container)).remove({ force: true }));
    return;
  }
  if (old.Config.Labels[LABELS.stack] !== inputs.labels[LABELS.stack]) {
    throw new Error(
      `a container named ${inputs.container} exists, and it isn't part of this stack; rename or remove it`,
    );
  }
  await deleteContainer(old.Id, inputs);
}

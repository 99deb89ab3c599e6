import type Docker from "dockerode";
import { messageOf } from "../../../message";
import { checkImage, docker, statusOf, unlessGone } from "../../../docker";
import { findMachine } from "../find";
import { LABELS } from "../../../../plan/labels";
import { containerOptions, volumeOf, type MachineInputs } from "../machine-spec";
import { pickAddress, releaseAddress } from "./address";
import { archive } from "./archive";
import { gone, reload } from "./container";
import { explain } from "./explain";
import { announceMember } from "./members";
import { ensureRoomForOneMore } from "./neighbours";
import type { Seen } from "./reading";
import { startAndWait } from "./serving";

/** A machine as it stands in the state. */
export interface MachineState extends MachineInputs {
  /** The container's id, which changes exactly when the machine is another one. */
  readonly identity: string;
  /** Its address. */
  readonly address: string;
}

/** How many addresses are tried. */
const ATTEMPTS = 5;

/**
 * Makes and starts a machine. What an interrupted run has left of it is removed first: the state doesn't know it, so
 * nothing can have been built on it.
 */
export async function createMachine(inputs: MachineInputs): Promise<{ id: string; outs: MachineState }> {
  const engine = docker();
  await checkImage(engine, inputs.image);
  await removeLeftover(engine, inputs);
  await ensureRoomForOneMore(engine);
  for (let attempt = 1; ; attempt++) {
    const address = await pickAddress(engine, inputs);
    try {
      const id = await makeMachine(engine, inputs, address);
      await announceMember(engine, inputs, address);
      return { id, outs: { ...inputs, identity: id, address } };
    } catch (error) {
      // All or nothing: what stays behind would hold the name and the address.
      await deleteMachine(inputs.container, inputs).catch(() => undefined);
      const stolen = /address already in use/i.test(messageOf(error));
      // Somebody's own container took it in the meantime; it stays marked as taken, and the next one is tried.
      if (stolen && inputs.address === undefined && attempt < ATTEMPTS) continue;
      if (!stolen) releaseAddress(inputs.network, address);
      throw new Error(`${inputs.container} (${address}) can't be made: ${explain(error)}`, { cause: error });
    }
  }
}

async function makeMachine(engine: Docker, inputs: MachineInputs, address: string): Promise<string> {
  const container = await engine.createContainer(containerOptions(inputs, address));
  await container.putArchive(await archive(inputs.files), { path: "/" });
  await startAndWait(container, inputs.reload);
  return container.id;
}

/** The machine as it is now. One that is stopped or paused is still there, as in a cloud. */
export async function readMachine(state: MachineState, id: string): Promise<Seen<MachineState>> {
  return (await findMachine(docker(), id)) === undefined ? { kind: "gone" } : { kind: "there", state };
}

/** Puts changed files in and has the services read them; everything else about a machine can only be replaced. */
export async function updateMachine(id: string, old: MachineState, inputs: MachineInputs): Promise<MachineState> {
  const found = await findMachine(docker(), id);
  if (found === undefined) {
    throw new Error(
      `${inputs.container} is gone; \`npm run repair -- ${inputs.labels[LABELS.stack] ?? ""}\` makes it again`,
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

/** Removes the machine and its data, dead or alive; true of one that is gone already, too. */
export async function deleteMachine(id: string, state: MachineInputs): Promise<void> {
  const engine = docker();
  const container = (await findMachine(engine, id))?.container ?? engine.getContainer(id);
  try {
    await unlessGone(container.remove({ force: true, v: true }));
  } catch (error) {
    // 409: somebody else is removing it at this moment.
    if (statusOf(error) !== 409) throw error;
    await gone(container);
  }
  if (state.nested) await unlessGone(engine.getVolume(volumeOf(state.container)).remove({ force: true }));
  if (state.address !== undefined) releaseAddress(state.network, state.address);
}

async function removeLeftover(engine: Docker, inputs: MachineInputs): Promise<void> {
  const old = await unlessGone(engine.getContainer(inputs.container).inspect());
  if (old === undefined) {
    // The volume may be there without its container: old Raft state on a new machine hangs its node.
    if (inputs.nested) await unlessGone(engine.getVolume(volumeOf(inputs.container)).remove({ force: true }));
    return;
  }
  if (old.Config.Labels[LABELS.stack] !== inputs.labels[LABELS.stack]) {
    throw new Error(`a container called ${inputs.container} is there that is not of this stack; rename or remove it`);
  }
  await deleteMachine(old.Id, inputs);
}

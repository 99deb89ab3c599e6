import type Docker from "dockerode";
import { docker, messageOf, statusOf, unlessGone } from "../docker";
import { LABELS } from "../labels";
import { containerOptions, volumeOf, type MachineInputs } from "../machine-spec";
import { pickAddress, releaseAddress } from "./address";
import { archive } from "./archive";
import { ensureNeighbours } from "./neighbours";

/** A machine as it stands in the state. */
export interface MachineState extends MachineInputs {
  /** The container's id, which changes exactly when the machine is another one. */
  readonly identity: string;
  /** Its address. */
  readonly address: string;
}

/**
 * Makes and starts a machine. What an interrupted run has left of it is removed first: the state doesn't know it, so
 * nothing can have been built on it.
 */
export async function createMachine(inputs: MachineInputs): Promise<{ id: string; outs: MachineState }> {
  const engine = docker();
  await checkImage(engine, inputs);
  await removeLeftover(engine, inputs);
  const stack = inputs.labels[LABELS.stack] ?? "";
  const machines = await engine.listContainers({ all: true, filters: { label: [`${LABELS.stack}=${stack}`] } });
  ensureNeighbours(machines.length + 1);
  const address = await pickAddress(engine, inputs);
  try {
    const container = await engine.createContainer(containerOptions(inputs, address));
    await container.putArchive(await archive(inputs.files), { path: "/" });
    await container.start();
    await checkAlive(container, inputs.container);
    return { id: container.id, outs: { ...inputs, identity: container.id, address } };
  } catch (error) {
    // All or nothing: what stays behind would hold the address and the name.
    await deleteMachine(inputs.container, { ...inputs, address }).catch(() => undefined);
    throw new Error(`${inputs.container} (${address}) can't be made: ${messageOf(error)}`, { cause: error });
  }
}

/** The machine as it is now; undefined when it is gone. One that is stopped is still there, as in a cloud. */
export async function readMachine(id: string, state: MachineState): Promise<MachineState | undefined> {
  const container = await unlessGone(docker().getContainer(id).inspect());
  return container === undefined ? undefined : { ...state, identity: container.Id };
}

/** Puts changed files in and has the services read them; everything else about a machine can only be replaced. */
export async function updateMachine(id: string, old: MachineState, inputs: MachineInputs): Promise<MachineState> {
  const container = docker().getContainer(id);
  const found = await unlessGone(container.inspect());
  if (found === undefined) {
    throw new Error(
      `${inputs.container} is gone; \`npm run repair -- ${inputs.labels[LABELS.stack] ?? ""}\` makes it again`,
    );
  }
  await container.putArchive(await archive(inputs.files), { path: "/" });
  // A stopped one reads its files when it starts.
  if (found.State.Running) {
    for (const service of inputs.reload) {
      const command = await container.exec({ Cmd: ["sv", "hup", `/etc/service/${service}`] });
      await command.start({ Detach: true });
    }
  }
  return { ...inputs, identity: old.identity, address: old.address };
}

/** Removes the machine and its data, dead or alive; true of one that is gone already, too. */
export async function deleteMachine(id: string, state: MachineInputs): Promise<void> {
  const engine = docker();
  try {
    await unlessGone(engine.getContainer(id).remove({ force: true, v: true }));
  } catch (error) {
    // 409: somebody else is removing it at this moment.
    if (statusOf(error) !== 409) throw error;
    await unlessGone(engine.getContainer(id).wait({ condition: "removed" }));
  }
  if (state.nested) await unlessGone(engine.getVolume(volumeOf(state.container)).remove({ force: true }));
  if (state.address !== undefined) releaseAddress(state.network, state.address);
}

async function checkImage(engine: Docker, inputs: MachineInputs): Promise<void> {
  if ((await unlessGone(engine.getImage(inputs.image).inspect())) === undefined) {
    throw new Error(`the image ${inputs.image} is not on this Docker engine; \`npm start\` builds it`);
  }
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

/** A machine whose first process ends at once is never going to answer; its own last words say why. */
async function checkAlive(container: Docker.Container, name: string): Promise<void> {
  const { State } = await container.inspect();
  if (State.Running && !State.Restarting) return;
  const logs = await container.logs({ stdout: true, stderr: true, tail: 5 });
  throw new Error(`${name} ended at once (exit code ${String(State.ExitCode)}): ${logs.toString("utf8").trim()}`);
}

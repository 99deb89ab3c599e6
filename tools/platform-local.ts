/** What the tools do to the machines of a local stack behind Pulumi's back: look, start, and clear away leftovers. */
import type Docker from "dockerode";
import { messageOf } from "../components/message";
import { statusOf } from "../components/platform/local/docker";
import { LABELS } from "../components/platform/local/labels";
import { sleep } from "./cluster/limit";
import type { MachineState } from "./cluster/plan-repair";
import { stackContainers } from "./setup/leftovers";

/** Containers that can be started again; one that was only created is left to the next `up`, which makes it anew. */
const STARTABLE = ["exited", "paused"];

/** Seconds for a network to be let go of. */
const NETWORK_PATIENCE = 15;

/** A machine of a local stack. */
export interface LocalMachine extends MachineState {
  /** Whether it has stopped and can be started again. */
  readonly startable: boolean;
}

/** All machines that the engine has for the stack: hosts, operator, load balancers. */
export async function listMachines(docker: Docker, stack: string): Promise<LocalMachine[]> {
  const containers = await stackContainers(docker, stack);
  return containers.map(({ id, name, state }) => ({
    name: name.startsWith(`${stack}-`) ? name.slice(stack.length + 1) : name,
    id,
    running: state === "running",
    startable: STARTABLE.includes(state),
  }));
}

/** Starts a stopped machine. @returns why it couldn't be started */
export async function startMachine(docker: Docker, machine: LocalMachine): Promise<string | undefined> {
  const container = docker.getContainer(machine.id);
  try {
    const { State } = await container.inspect();
    if (State.Paused) await container.unpause();
    else await container.start();
    return undefined;
  } catch (error) {
    return statusOf(error) === 304 ? undefined : messageOf(error); // 304: it runs already.
  }
}

/** Something on the engine that carries the stack's label. */
export interface Leftover {
  readonly kind: "container" | "volume" | "network";
  readonly name: string;
}

/** All that the engine still has of a stack. */
export async function leftovers(docker: Docker, stack: string): Promise<Leftover[]> {
  const filters = { label: [`${LABELS.stack}=${stack}`] };
  const [containers, volumes, networks] = await Promise.all([
    stackContainers(docker, stack),
    docker.listVolumes({ filters }),
    docker.listNetworks({ filters }),
  ]);
  return [
    ...containers.map(({ name }): Leftover => ({ kind: "container", name })),
    ...volumes.Volumes.map(({ Name }): Leftover => ({ kind: "volume", name: Name })),
    ...networks.map(({ Name }): Leftover => ({ kind: "network", name: Name })),
  ];
}

/** Removes leftovers: containers first, for they hold the others. What is gone already is no error. */
export async function removeLeftovers(docker: Docker, all: readonly Leftover[]): Promise<void> {
  for (const kind of ["container", "volume", "network"] as const) {
    const remove = async ({ name }: Leftover): Promise<void> => {
      try {
        if (kind === "container") await docker.getContainer(name).remove({ force: true, v: true });
        else if (kind === "volume") await docker.getVolume(name).remove({ force: true });
        else await removeNetwork(docker, name);
      } catch (error) {
        // 409: its removal is already in progress; whether it ends is seen by looking again.
        if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
      }
    };
    await Promise.all(all.filter((one) => one.kind === kind).map(remove));
  }
}

/** A network can go when its last container has let go of it, which takes a moment after that is gone. */
async function removeNetwork(docker: Docker, name: string): Promise<void> {
  for (let patience = NETWORK_PATIENCE; ; patience--) {
    try {
      await docker.getNetwork(name).remove();
      return;
    } catch (error) {
      if (statusOf(error) !== 403 || patience === 0) throw error;
    }
    await sleep(1);
  }
}

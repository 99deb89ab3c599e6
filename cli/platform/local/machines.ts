/** What the tools do to the machines of a local stack behind Pulumi's back: look, and clear away leftovers. */
import type Docker from "dockerode";
import { statusOf } from "../../../components/docker";
import { retry } from "../../../components/retry";
import { LABELS } from "../../../plan/labels";
import type { EngineObject, PlatformMachine } from "../types";
import { stackContainers } from "./leftovers";

/** Seconds for a network to be let go of. */
const NETWORK_LIMIT = 15;

/** A machine of a local stack. */
export type LocalMachine = PlatformMachine;

/** All machines that the engine has for the stack: hosts, bastion, load balancers. */
export async function listMachines(docker: Docker, stack: string): Promise<LocalMachine[]> {
  const containers = await stackContainers(docker, stack);
  return containers.map(({ identity, host, name, state }) => ({
    name: host === "" ? name : host,
    id: identity,
    running: state === "running",
  }));
}

/** All that the engine still has of a stack. */
export async function leftovers(docker: Docker, stack: string): Promise<EngineObject[]> {
  const filters = { label: [`${LABELS.stack}=${stack}`] };
  const [containers, volumes, networks] = await Promise.all([
    stackContainers(docker, stack),
    docker.listVolumes({ filters }),
    docker.listNetworks({ filters }),
  ]);
  return [
    ...containers.map(({ name }): EngineObject => ({ kind: "container", name })),
    ...volumes.Volumes.map(({ Name }): EngineObject => ({ kind: "volume", name: Name })),
    ...networks.map(({ Name }): EngineObject => ({ kind: "network", name: Name })),
  ];
}

/** Removes leftovers: containers first, for they hold the others. What is gone already is no error. */
export async function removeLeftovers(docker: Docker, all: readonly EngineObject[]): Promise<void> {
  for (const kind of ["container", "volume", "network"] as const) {
    const remove = async ({ name }: EngineObject): Promise<void> => {
      try {
        if (kind === "container") await docker.getContainer(name).remove({ force: true, v: true });
        else if (kind === "volume") await docker.getVolume(name).remove({ force: true });
        else {
          // A network can go a moment after its last container.
          const held = (error: unknown): boolean => statusOf(error) === 403;
          await retry(() => docker.getNetwork(name).remove(), { limit: NETWORK_LIMIT, when: held });
        }
      } catch (error) {
        // 409: its removal is already in progress; whether it ends is seen by looking again.
        if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
      }
    };
    await Promise.all(all.filter((one) => one.kind === kind).map(remove));
  }
}

/** What the Docker engine has of a local stack: list it, and remove it without Pulumi. */
import type Docker from "dockerode";
import { statusOf } from "../../../components/platform/local/docker";
import { LABELS } from "../../../plan/labels";
import { sleep } from "../../cluster/limit";
import type { EngineObject, PlatformMachine, StackContainer } from "../types";

/** Seconds for a network to be let go of. */
const NETWORK_PATIENCE = 15;

/** All containers of the stack, stopped ones too. */
export async function stackContainers(docker: Docker, stack: string): Promise<StackContainer[]> {
  const filters = { label: [`${LABELS.stack}=${stack}`] };
  const found = await docker.listContainers({ all: true, filters });
  const containers = found.map(({ Id, Names, State, Labels }) => ({
    id: Id,
    identity: Labels[LABELS.identity] ?? Id,
    host: Labels[LABELS.host] ?? "",
    name: Names[0]?.slice(1) ?? Id,
    state: State,
  }));
  return containers.sort((a, b) => a.name.localeCompare(b.name));
}

/** All machines that the engine has for the stack: hosts, bastion, load balancers. */
export async function listMachines(docker: Docker, stack: string): Promise<PlatformMachine[]> {
  const containers = await stackContainers(docker, stack);
  return containers.map(({ identity, host, name, state }) => ({
    name: host === "" ? name : host,
    id: identity,
    running: state === "running",
  }));
}

/** All containers, volumes and networks of a stack. */
export async function listObjects(docker: Docker, stack: string): Promise<EngineObject[]> {
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

/** Removes objects: containers first, for they hold the others. What is gone already is no error. */
export async function removeObjects(docker: Docker, all: readonly EngineObject[]): Promise<void> {
  for (const kind of ["container", "volume", "network"] as const) {
    const remove = async ({ name }: EngineObject): Promise<void> => {
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

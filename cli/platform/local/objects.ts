/** What the Docker engine has of a local stack. */
import type Docker from "dockerode";
import { statusOf, unlessGone } from "../../../components/docker";
import { backupVolumeOf } from "../../../components/platform/local/backup-volume";
import { retry } from "../../../components/retry";
import { LABELS } from "../../../plan/labels";
import type { EngineObject, PlatformInstance, StackContainer } from "../types";

/** Seconds that a network may still be in use after its last container was removed. */
const NETWORK_LIMIT = 15;

/** All containers of the stack, stopped ones too: hosts, bastion, load balancers. */
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

/** All instances of the stack: hosts, bastion, load balancers. */
export async function listInstances(docker: Docker, stack: string): Promise<PlatformInstance[]> {
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

/** Name of the volume with the stack's backups, which `destroy` leaves. @returns undefined when there is none. */
export async function backupsOf(docker: Docker, stack: string): Promise<string | undefined> {
  return (await unlessGone(docker.getVolume(backupVolumeOf(stack)).inspect()))?.Name;
}

/** Removes objects: containers first, which use the others. What is gone already is no error. */
export async function removeObjects(docker: Docker, all: readonly EngineObject[]): Promise<void> {
  for (const kind of ["container", "volume", "network"] as const) {
    const remove = async ({ name }: EngineObject): Promise<void> => {
      try {
        if (kind === "container") await docker.getContainer(name).remove({ force: true, v: true });
        else if (kind === "volume") await docker.getVolume(name).remove({ force: true });
        else {
          const inUse = (error: unknown): boolean => statusOf(error) === 403;
          await retry(() => docker.getNetwork(name).remove(), { limit: NETWORK_LIMIT, when: inUse });
        }
      } catch (error) {
        // 409: its removal is in progress; the caller lists the objects again.
        if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
      }
    };
    await Promise.all(all.filter((one) => one.kind === kind).map(remove));
  }
}

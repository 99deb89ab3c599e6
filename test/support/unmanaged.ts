/** What interrupted runs of the tests leave on the Docker engine. */
import type Docker from "dockerode";
import { unlessGone } from "../../components/docker";

/** The label of what tests make by themselves; its value is the name that all of it begins with. */
export const TEST_LABEL = "swarm-ha.test";

/** Removes the containers, volumes and networks of that name, or whose names go on after it with a hyphen. */
export async function removeUnmanaged(docker: Docker, name: string): Promise<void> {
  const ours = (found: string): boolean => found === name || found.startsWith(`${name}-`);
  for (const { Id, Names } of await docker.listContainers({ all: true })) {
    if (Names.some((found) => ours(found.slice(1)))) {
      await unlessGone(docker.getContainer(Id).remove({ force: true, v: true }) as Promise<object>);
    }
  }
  const { Volumes: volumes } = await docker.listVolumes();
  for (const { Name } of volumes) {
    if (ours(Name)) await unlessGone(docker.getVolume(Name).remove({ force: true }) as Promise<object>);
  }
  for (const { Id, Name } of await docker.listNetworks()) {
    if (ours(Name)) await unlessGone(docker.getNetwork(Id).remove() as Promise<object>);
  }
}

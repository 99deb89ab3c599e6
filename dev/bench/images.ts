/** The images of the services, which no contender is measured for. */
import type Docker from "dockerode";
import { checkImage } from "../../components/docker";
import { IMAGE_OF } from "../../components/images";
import { localImage } from "../../components/platform/local/image";
import { execIn } from "../../components/platform/local/provider/exec";
import { copyImageArchive } from "../../components/platform/local/provider/image-archive";
import type { HostSpec } from "../../plan/placement";

const ARCHIVE = "/var/tmp/bench-image.tar";
/** Seconds for one host. */
const LIMIT = 120;
/** Hosts at a time. */
const PARALLEL = 4;

/** Starts the Docker engine of a host that isn't prepared, loads the archive, and leaves the Docker engine as if it had never run. */
const LOAD = `set -e
sv -w 60 start /etc/service/docker
until docker info; do sleep 0.2; done
docker load --quiet --input ${ARCHIVE}
sv -w 60 force-stop /etc/service/docker
rm ${ARCHIVE}
ip link delete docker0`;

/**
 * Loads into each host the image of the service that runs on its role. A swarm-ha node is in service only with it, and
 * what the contenders make has none; so all get hosts that have it.
 *
 * @param container name of a host's container
 */
export async function loadImages(
  docker: Docker,
  hosts: readonly HostSpec[],
  container: (host: string) => string,
): Promise<void> {
  const waiting = hosts.flatMap(({ name, role }) => {
    const image = IMAGE_OF[role];
    return image === undefined ? [] : [{ name, image: localImage(image) }];
  });
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const host = docker.getContainer(container(next.name));
      const id = await checkImage(docker, next.image);
      await copyImageArchive(docker, { name: next.image, id }, host, ARCHIVE);
      const { code, stdout, stderr } = await execIn(host, ["bash", "-c", LOAD], LIMIT);
      if (code !== 0) throw new Error(`${next.name} can't load ${next.image}: ${stdout}\n${stderr}`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

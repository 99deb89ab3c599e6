import type Docker from "dockerode";
import { LABELS } from "../../../../plan/labels";
import type { FoundContainer } from "../find";
import { execIn } from "./exec";

/** Seconds for another host to answer. */
const LIMIT = 20;

/**
 * The former version of an image that the tier's service still names; undefined where that can't be.
 *
 * While a version changes, the service names the former one until all hosts have the new one. A host that is created
 * in the same `up` needs both: without the former one its task can't start, and the next host of a batch waits for that task.
 * What the service names is what runs on the tier's other hosts.
 *
 * @param host the host that gets the image
 * @param image the image, with its tag
 */
export async function formerImage(engine: Docker, host: FoundContainer, image: string): Promise<string | undefined> {
  const repository = image.slice(0, image.lastIndexOf(":"));
  const here = await engine.listImages({ filters: JSON.stringify({ reference: [repository] }) });
  const former = here.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag !== image);
  if (former.length === 0) return undefined;
  for (const peer of await peersOf(engine, host)) {
    const running = await imageOn(peer, repository);
    if (running !== undefined) return former.find((tag) => tag === running);
  }
  return undefined;
}

/** The tier's other hosts that run, the oldest first: the newest may be created in this very run. */
async function peersOf(engine: Docker, { info }: FoundContainer): Promise<Docker.Container[]> {
  const same = [LABELS.stack, LABELS.role].map((label) => `${label}=${info.Config.Labels[label] ?? ""}`);
  const found = await engine.listContainers({ filters: { label: same } });
  return found
    .filter(({ Id }) => Id !== info.Id)
    .sort((a, b) => a.Created - b.Created)
    .map(({ Id }) => engine.getContainer(Id));
}

/** The image of the repository that a host's tasks run; undefined if none does, or the host doesn't answer. */
async function imageOn(host: Docker.Container, repository: string): Promise<string | undefined> {
  const { stdout } = await execIn(host, ["docker", "ps", "--format", "{{.Image}}"], LIMIT).catch(() => ({
    stdout: "",
  }));
  return stdout.split("\n").find((image) => image.startsWith(`${repository}:`));
}

import type Docker from "dockerode";
import { LABELS } from "../../../../plan/labels";
import type { FoundContainer } from "../find";
import { execIn } from "./exec";

/** Other hosts that are asked at most. */
const PEERS = 5;
/** Seconds for one of them to answer. */
const LIMIT = 20;

/**
 * Former versions of an image that other hosts of the tier have, and this workstation, too.
 *
 * While a version changes, the service names the former one until all hosts have the new one. A host that is created
 * in the same `up` needs both: without the former one its task can't start, and the next host of a batch waits for that task.
 *
 * @param host the host that gets the image
 * @param image the image, with its tag
 */
export async function formerImages(engine: Docker, host: FoundContainer, image: string): Promise<string[]> {
  const repository = image.slice(0, image.lastIndexOf(":"));
  const here = await engine.listImages({ filters: JSON.stringify({ reference: [repository] }) });
  const former = here.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag !== image);
  if (former.length === 0) return [];
  for (const peer of await peersOf(engine, host)) {
    const used = await imagesOn(peer, repository);
    const both = former.filter((tag) => used.includes(tag));
    if (both.length > 0) return both;
  }
  return [];
}

async function peersOf(engine: Docker, { info }: FoundContainer): Promise<Docker.Container[]> {
  const same = [LABELS.stack, LABELS.role].map((label) => `${label}=${info.Config.Labels[label] ?? ""}`);
  const found = await engine.listContainers({ filters: { label: same } });
  return found
    .filter(({ Id }) => Id !== info.Id)
    .slice(0, PEERS)
    .map(({ Id }) => engine.getContainer(Id));
}

/** A host that doesn't answer has none to tell. */
async function imagesOn(host: Docker.Container, repository: string): Promise<string[]> {
  const command = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository];
  const { stdout } = await execIn(host, command, LIMIT).catch(() => ({ stdout: "" }));
  return stdout.split("\n");
}

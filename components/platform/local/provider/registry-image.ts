import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { messageOf } from "../../../message";
import { checkImage, docker } from "../../../docker";
import { ask, manifestPath, nameIn, portOf, untilKnown, type RegistryClient } from "./registry-client";
import type { Seen } from "./reading";

/** An image for the stack's registry. */
export interface RegistryImageInputs extends RegistryClient {
  /** The image's `name:tag`, on this workstation's Docker engine and in the registry. It identifies the content. */
  readonly image: string;
}

/** State of an image in the registry. */
export interface RegistryImageState extends RegistryImageInputs {
  /** Its full name, with the digest of the pushed image. */
  readonly reference: string;
}

/**
 * Time limits in seconds: for the registry's first answer, which is deployed at the same time in a new stack (usually 15,
 * on a busy workstation 60), and for a push: 190 MB take 15 s, on a busy workstation 60.
 */
const ANSWER_LIMIT = 180;
const PUSH_LIMIT = 600;

/** Attempts: the loss of a replica aborts an upload, and the next attempt goes to another one. */
const ATTEMPTS = 4;
const PAUSE = 3;

/**
 * Pushes an image of this workstation's Docker engine to the stack's registry, through its load balancer.
 *
 * The registry's certificate is checked first: the Docker engine doesn't check it for this workstation's own addresses.
 *
 * @param limit Seconds until the registry must answer. @default 180
 * @throws Error if this workstation doesn't have the image, or the push takes too long.
 */
export async function createRegistryImage(
  inputs: RegistryImageInputs,
  limit = ANSWER_LIMIT,
): Promise<{ id: string; outs: RegistryImageState }> {
  const engine = docker();
  await checkImage(engine, inputs.image);
  await untilKnown(inputs, limit);
  await push(engine, inputs);
  const { status, digest } = await ask(inputs, manifestPath(inputs.image));
  if (status !== 200 || digest === undefined) {
    throw new Error(
      `the registry ${inputs.registry} accepted ${inputs.image}, but doesn't have it (HTTP ${String(status)})`,
    );
  }
  const reference = referenceOf(inputs, digest);
  return { id: reference, outs: { ...inputs, reference } };
}

/** Reads the image: gone if the registry answers and doesn't have it. */
export async function readRegistryImage(state: RegistryImageState): Promise<Seen<RegistryImageState>> {
  const unknown = (why: string): Seen<RegistryImageState> => ({ kind: "unknown", who: "The registry", why });
  try {
    const { status, digest } = await ask(state, manifestPath(state.image));
    if (status === 404) return { kind: "gone" };
    if (status !== 200 || digest === undefined) return unknown(`it answered HTTP ${String(status)}`);
    return { kind: "there", state: { ...state, reference: referenceOf(state, digest) } };
  } catch (error) {
    return unknown(messageOf(error));
  }
}

/** The reference that hosts pull: the digest identifies it, the tag is for people. */
function referenceOf({ registry, image }: Pick<RegistryImageInputs, "registry" | "image">, digest: string): string {
  const { name, tag } = nameIn(image);
  return `${registry}/${name}:${tag}@${digest}`;
}

async function push(engine: Docker, inputs: RegistryImageInputs): Promise<void> {
  const end = AbortSignal.timeout(PUSH_LIMIT * 1000);
  for (let attempt = 1; ; attempt++) {
    try {
      await pushOnce(engine, inputs, end);
      return;
    } catch (error) {
      if (attempt < ATTEMPTS && !end.aborted) {
        await sleep(PAUSE * 1000);
        continue;
      }
      const why = end.aborted ? `no end within ${String(PUSH_LIMIT)} s` : messageOf(error);
      throw new Error(`${inputs.image} can't be pushed to ${inputs.registry} (${String(attempt)} tries): ${why}`, {
        cause: error,
      });
    }
  }
}

/** Docker pushes to the registry in the image's name. That is by address here: not every system resolves the name. */
async function pushOnce(engine: Docker, inputs: RegistryImageInputs, end: AbortSignal): Promise<void> {
  const { name, tag } = nameIn(inputs.image);
  const repo = `127.0.0.1:${String(portOf(inputs.registry))}/${name}`;
  await engine.getImage(inputs.image).tag({ repo, tag });
  try {
    const answer = await engine.getImage(`${repo}:${tag}`).push({
      tag,
      authconfig: { username: inputs.username, password: inputs.password, serveraddress: inputs.registry },
      abortSignal: end,
    });
    await untilEnd(engine, answer);
  } finally {
    await engine
      .getImage(`${repo}:${tag}`)
      .remove({ noprune: true })
      .catch(() => undefined);
  }
}

/** A failed push reports its error at the end of its output. */
function untilEnd(engine: Docker, answer: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    (answer as unknown as { on(event: "error", listener: (error: Error) => void): void }).on("error", reject);
    engine.modem.followProgress(answer, (error, messages: readonly { error?: string }[] | null) => {
      const said = error?.message ?? messages?.find((message) => message.error !== undefined)?.error;
      if (said === undefined) resolve();
      else reject(new Error(said));
    });
  });
}

import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { messageOf } from "../../../message";
import { checkImage, docker } from "../../../docker";
import { ask, manifestPath, nameIn, portOf, untilKnown, type RegistryClient } from "./registry-client";
import type { Seen } from "./reading";

/** What says which image is to be in the stack's registry. */
export interface RegistryImageInputs extends RegistryClient {
  /** The image's `name:tag`, on this machine's engine and in the registry. It stands for the content. */
  readonly image: string;
}

/** An image in the registry as it stands in the state. */
export interface RegistryImageState extends RegistryImageInputs {
  /** Its full name, with the digest of what was pushed. */
  readonly reference: string;
}

/**
 * Seconds that the registry may take to answer, which at a stack's birth is being deployed at the same time (usually 15,
 * on a busy machine 60), and that a push may take: 190 MB take 15 s, on a busy machine 60.
 */
const ANSWER_LIMIT = 180;
const PUSH_LIMIT = 600;

/** A replica that is lost half-way ends an upload; the next try goes to another one. */
const ATTEMPTS = 4;
const PAUSE = 3;

/**
 * Pushes an image of this machine's engine to the stack's registry, through its load balancer.
 *
 * The registry's certificate is checked first: the engine, for which this machine's own addresses need no TLS, won't.
 *
 * @param limit Seconds that the registry may take to answer. @default 180
 * @throws Error when this machine doesn't have the image, or the registry doesn't take it within the limits.
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
      `the registry ${inputs.registry} took ${inputs.image}, but doesn't have it (HTTP ${String(status)})`,
    );
  }
  const reference = referenceOf(inputs, digest);
  return { id: reference, outs: { ...inputs, reference } };
}

/** The image as it is now: gone when the registry is there without it. */
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

/** What hosts pull it by: the digest is what counts, the tag is for people. */
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

/** An engine pushes only what bears the registry in its name: by address, for not every system resolves the name. */
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

/** A push tells its failure in its answer's last words. */
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

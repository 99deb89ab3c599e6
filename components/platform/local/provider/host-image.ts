import type Docker from "dockerode";
import { checkImage, docker, unlessGone } from "../docker";
import { LABELS } from "../labels";
import { execIn } from "./exec";

/** What says which image is to be on which host. */
export interface HostImageInputs {
  /** The host's name, for messages. */
  readonly host: string;
  /** The host's identity: another machine has to be given the image, too. */
  readonly identity: string;
  /** The image's name, here and there. It stands for the content: what is there under that name is never stale. */
  readonly image: string;
}

/** Seconds that a host's engine may take to look, and to take an image in: 60 MB take 2 s, on a busy machine 20. */
const LOOK_LIMIT = 20;
const LOAD_LIMIT = 300;

/**
 * Gives a host's engine an image that this machine's engine has, over the machine's own socket: neither needs a network.
 * One that is there already stays as it is.
 *
 * @throws Error when this machine doesn't have the image, or the host can't take it.
 */
export async function createHostImage(inputs: HostImageInputs): Promise<{ id: string; outs: HostImageInputs }> {
  const engine = docker();
  const container = engine.getContainer(inputs.identity);
  await checkRuns(container, inputs);
  if ((await look(container, inputs)) !== "there") await load(engine, container, inputs);
  return { id: `${inputs.identity.slice(0, 12)}/${inputs.image}`, outs: inputs };
}

/** The image as it is now; undefined when the host is there without it. Of a host that doesn't answer nothing is known. */
export async function readHostImage(inputs: HostImageInputs): Promise<HostImageInputs | undefined> {
  const container = docker().getContainer(inputs.identity);
  const found = await unlessGone(container.inspect());
  if (found === undefined) return undefined;
  if (!found.State.Running) return inputs;
  return (await look(container, inputs)) === "missing" ? undefined : inputs;
}

async function checkRuns(container: Docker.Container, { host, image }: HostImageInputs): Promise<void> {
  const found = await unlessGone(container.inspect());
  if (found?.State.Running === true) return;
  const stack = found?.Config.Labels[LABELS.stack] ?? "<stack>";
  throw new Error(
    `${host} is ${found === undefined ? "gone" : "stopped"}, so it can't be given the image ${image}; ` +
      `\`npm run repair -- ${stack}\` brings it back`,
  );
}

/** Whether a host's engine has an image; `unknown` while it doesn't answer. */
async function look(container: Docker.Container, { image }: HostImageInputs): Promise<"there" | "missing" | "unknown"> {
  const { code, stderr } = await execIn(container, ["docker", "image", "inspect", "-f", "{{.Id}}", image], LOOK_LIMIT);
  if (code === 0) return "there";
  return /no such image/i.test(stderr) ? "missing" : "unknown";
}

async function load(engine: Docker, container: Docker.Container, inputs: HostImageInputs): Promise<void> {
  const { host, image } = inputs;
  await checkImage(engine, image);
  const archive = await engine.getImage(image).get();
  const { code, stdout, stderr } = await execIn(container, ["docker", "load", "--quiet"], LOAD_LIMIT, archive);
  if (code === 0 && (await look(container, inputs)) === "there") return;
  const said = [stderr, stdout].filter((each) => each !== "").join(" ");
  throw new Error(`${host}'s engine can't take the image ${image} in (exit code ${String(code)}): ${said}`);
}

import type Docker from "dockerode";
import { messageOf } from "../../../message";
import { checkImage, docker } from "../../../docker";
import { findMachine } from "../find";
import { LABELS } from "../../../../plan/labels";
import { execIn } from "./exec";
import type { Seen } from "./reading";

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
  const container = await running(inputs);
  if ((await look(container, inputs)).kind !== "there") await load(docker(), container, inputs);
  return { id: `${inputs.identity.slice(0, 12)}/${inputs.image}`, outs: inputs };
}

/** The image as it is now: gone when the host is there without it, or gone itself. */
export async function readHostImage(inputs: HostImageInputs): Promise<Seen<HostImageInputs>> {
  const found = await findMachine(docker(), inputs.identity);
  if (found === undefined) return { kind: "gone" };
  const stopped = stoppedState(found.info);
  if (stopped !== undefined) return { kind: "unknown", who: inputs.host, why: `its container is ${stopped}` };
  const { kind, why } = await look(found.container, inputs);
  if (kind === "missing") return { kind: "gone" };
  return kind === "there" ? { kind, state: inputs } : { kind, who: inputs.host, why };
}

/** The host's container. @throws Error with the remedy when it doesn't run */
async function running({ host, identity, image }: HostImageInputs): Promise<Docker.Container> {
  const found = await findMachine(docker(), identity);
  const state = found === undefined ? "gone" : stoppedState(found.info);
  if (found !== undefined && state === undefined) return found.container;
  const stack = found?.info.Config.Labels[LABELS.stack] ?? "<stack>";
  throw new Error(
    `${host} is ${state ?? "gone"}, so it can't be given the image ${image}; ` +
      `\`npm run repair -- ${stack}\` brings it back`,
  );
}

/** How a container doesn't run; undefined when it does. A paused one counts as running for the engine. */
function stoppedState({ State }: Docker.ContainerInspectInfo): "paused" | "stopped" | undefined {
  if (State.Paused) return "paused";
  return State.Running ? undefined : "stopped";
}

/** Whether a host's engine has an image; `unknown`, and why, while it doesn't answer. */
async function look(
  container: Docker.Container,
  { image }: HostImageInputs,
): Promise<{ readonly kind: "there" | "missing" | "unknown"; readonly why: string }> {
  const command = ["docker", "image", "inspect", "-f", "{{.Id}}", image];
  try {
    const { code, stderr } = await execIn(container, command, LOOK_LIMIT);
    if (code === 0) return { kind: "there", why: "" };
    return /no such image/i.test(stderr) ? { kind: "missing", why: "" } : { kind: "unknown", why: stderr };
  } catch (error) {
    // Its engine hangs, or it was paused or removed at this moment.
    return { kind: "unknown", why: messageOf(error) };
  }
}

async function load(engine: Docker, container: Docker.Container, inputs: HostImageInputs): Promise<void> {
  const { host, image } = inputs;
  await checkImage(engine, image);
  const archive = await engine.getImage(image).get();
  const { code, stdout, stderr } = await execIn(container, ["docker", "load", "--quiet"], LOAD_LIMIT, archive);
  if (code === 0 && (await look(container, inputs)).kind === "there") return;
  const said = [stderr, stdout].filter((each) => each !== "").join(" ");
  throw new Error(`${host}'s engine can't take the image ${image} in (exit code ${String(code)}): ${said}`);
}

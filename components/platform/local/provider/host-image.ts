import type Docker from "dockerode";
import { messageOf } from "../../../message";
import { checkImage, docker } from "../../../docker";
import { retry } from "../../../retry";
import { findContainer, type FoundContainer } from "../find";
import { LABELS } from "../../../../plan/labels";
import { execIn } from "./exec";
import { formerImage } from "./former-images";
import { copyImageArchive } from "./image-archive";
import type { Seen } from "./reading";

/** An image, and the host that needs it. */
export interface HostImageInputs {
  /** The host's name, for messages. */
  readonly host: string;
  /** The host's identity: a replaced host needs the image again. */
  readonly identity: string;
  /** The image's name on both Docker engines. It identifies the content, so an image of that name is never stale. */
  readonly image: string;
}

/** Time limits in seconds for a host's Docker engine to list and to load an image: 180 MB take 2 s, on a busy workstation 20. */
const LOOK_LIMIT = 20;
const LOAD_LIMIT = 300;
/** Seconds in which a load whose connection was closed is tried again. */
const RELOAD_LIMIT = 60;
/** Where the image's archive is on the host while it is loaded. */
const ARCHIVE = "/var/tmp/swarm-ha-image.tar";

/**
 * Copies an image from this workstation's Docker engine to a host's, through the host's own socket, without a network; and
 * the former version, if the host may need it ({@link formerImage}). An image that exists already stays as it is.
 *
 * @throws Error if this workstation doesn't have the image, or the host can't load it.
 */
export async function createHostImage(inputs: HostImageInputs): Promise<{ id: string; outs: HostImageInputs }> {
  const engine = docker();
  const found = await running(inputs);
  const give = async (image: string): Promise<void> => {
    const one = { ...inputs, image };
    if ((await look(found.container, one)).kind !== "there") await load(engine, found.container, one);
  };
  await give(inputs.image);
  const former = await formerImage(engine, found, inputs.image);
  // Without it the host serves later, which is no reason to fail.
  if (former !== undefined) await give(former).catch(() => undefined);
  return { id: `${inputs.identity.slice(0, 12)}/${inputs.image}`, outs: inputs };
}

/** Reads the image: gone if the host doesn't have it, or the host itself is gone. */
export async function readHostImage(inputs: HostImageInputs): Promise<Seen<HostImageInputs>> {
  const found = await findContainer(docker(), inputs.identity);
  if (found === undefined) return { kind: "gone" };
  const stopped = stoppedState(found.info);
  if (stopped !== undefined) return { kind: "unknown", who: inputs.host, why: `its container is ${stopped}` };
  const { kind, why } = await look(found.container, inputs);
  if (kind === "missing") return { kind: "gone" };
  return kind === "there" ? { kind, state: inputs } : { kind, who: inputs.host, why };
}

/** The host's container. @throws Error with the remedy when it doesn't run */
async function running({ host, identity, image }: HostImageInputs): Promise<FoundContainer> {
  const found = await findContainer(docker(), identity);
  const state = found === undefined ? "gone" : stoppedState(found.info);
  if (found !== undefined && state === undefined) return found;
  const stack = found?.info.Config.Labels[LABELS.stack] ?? "<stack>";
  throw new Error(
    `${host} is ${state ?? "gone"}, so it can't load the image ${image}; ` +
      `\`npm run repair -- ${stack}\` brings it back`,
  );
}

/** State of a container that isn't running; undefined if it runs. (Docker counts a paused one as running.) */
function stoppedState({ State }: Docker.ContainerInspectInfo): "paused" | "stopped" | undefined {
  if (State.Paused) return "paused";
  return State.Running ? undefined : "stopped";
}

/** Whether a host's Docker engine has an image; `unknown`, and the reason, while it doesn't answer. */
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
    // Its Docker engine hangs, or the host was just paused or removed.
    return { kind: "unknown", why: messageOf(error) };
  }
}

/** Loads the image; again where the Docker engine has closed the connection before its answer (once in some hundred loads). */
function load(engine: Docker, container: Docker.Container, inputs: HostImageInputs): Promise<void> {
  const isReset = (error: unknown): boolean => messageOf(error).includes("connection reset by peer");
  return retry(() => loadOnce(engine, container, inputs), { limit: RELOAD_LIMIT, when: isReset });
}

async function loadOnce(engine: Docker, container: Docker.Container, inputs: HostImageInputs): Promise<void> {
  const { host, image } = inputs;
  const id = await checkImage(engine, image);
  // Loading from a file on the host takes half as long as through this process into `docker load`.
  await copyImageArchive(engine, { name: image, id }, container, ARCHIVE).catch((error: unknown) => {
    throw new Error(`${host} can't get the image ${image}: ${messageOf(error)}`);
  });
  const load = ["sh", "-c", 'exec 3<"$1"; rm -f "$1"; exec docker load --quiet <&3', "load", ARCHIVE];
  const { code, stdout, stderr } = await execIn(container, load, LOAD_LIMIT);
  if ((await look(container, inputs)).kind === "there") return;
  const said = [stderr, stdout].filter((each) => each !== "").join(" ");
  throw new Error(`${host}'s Docker engine can't load the image ${image} (exit code ${String(code)}): ${said}`);
}

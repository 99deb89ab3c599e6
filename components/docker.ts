/** The Docker engine of this workstation. */
import Docker from "dockerode";

/** Default socket of a Docker engine. Source: docs.docker.com, dockerd. */
export const DEFAULT_SOCKET = "/var/run/docker.sock";

/** Milliseconds of silence after which a call to the Docker engine fails, so that a hung Docker engine doesn't block a run for ever. */
const SILENCE_LIMIT = 180_000;

/**
 * The socket of a value of DOCKER_HOST; unset or empty means the default.
 *
 * @throws Error for anything but a local socket: containers on another computer can't be reached from here.
 */
export function socketOf(dockerHost: string | undefined): string {
  if (dockerHost === undefined || dockerHost === "") return DEFAULT_SOCKET;
  const path = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  if (path !== undefined) return path;
  throw new Error(
    `DOCKER_HOST is '${dockerHost}', but a local stack needs a Docker engine on this workstation (its containers are reached by ` +
      "addresses of this computer): unset it, or give a local socket, e.g. unix:///var/run/docker.sock",
  );
}

/** A client of the Docker engine on that socket. A call fails after 3 minutes without an answer. */
export function dockerOn(socketPath: string): Docker {
  return new Docker({ socketPath, timeout: SILENCE_LIMIT });
}

/**
 * The Docker engine that the stack's containers run on: the one of DOCKER_HOST if that is a local socket, else the default.
 *
 * @throws Error as {@link socketOf}
 */
export function docker(): Docker {
  return dockerOn(socketOf(process.env["DOCKER_HOST"]));
}

/** The HTTP status of a Docker engine's error. */
export function statusOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined;
}

/**
 * Awaits a call on an object that may be gone already.
 *
 * @returns undefined if it is gone.
 */
export async function unlessGone<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/**
 * Finds an image. @returns its id
 *
 * @throws Error with the remedy, if the Docker engine doesn't have the image.
 */
export async function checkImage(engine: Docker, image: string): Promise<string> {
  const found = await unlessGone(engine.getImage(image).inspect());
  if (found !== undefined) return found.Id;
  throw new Error(`the image ${image} is not on this Docker engine; \`npm start\` builds it`);
}

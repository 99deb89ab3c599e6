import Docker from "dockerode";

/** Default socket of an engine. Source: docs.docker.com, dockerd. */
const DEFAULT_SOCKET = "/var/run/docker.sock";

/** Milliseconds of silence after which a call to the engine has failed: a hung engine must not hang a run for ever. */
const SILENCE_LIMIT = 180_000;

/**
 * The engine that the stack's machines run on: the one of DOCKER_HOST where that is a local socket, else the default.
 *
 * @throws Error when DOCKER_HOST names something else: containers on another computer can't be reached from here.
 */
export function docker(): Docker {
  const host = process.env["DOCKER_HOST"] ?? "";
  if (host !== "" && !host.startsWith("unix://")) {
    throw new Error(
      `DOCKER_HOST is '${host}', but a local stack needs a local socket (unix://…): ` +
        "its machines are reached by addresses of this computer; unset DOCKER_HOST",
    );
  }
  const socketPath = host === "" ? DEFAULT_SOCKET : host.slice("unix://".length);
  return new Docker({ socketPath, timeout: SILENCE_LIMIT });
}

/** The HTTP status of an engine's refusal. */
export function statusOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined;
}

/** The words of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Does something with what may be gone already.
 *
 * @returns undefined when it is.
 */
export async function unlessGone<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

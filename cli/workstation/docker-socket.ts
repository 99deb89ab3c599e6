/** Which Docker engine a run talks to, and whether it answers. */
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../components/message";
import { DEFAULT_SOCKET, socketOf as localSocketOf } from "../../components/docker";
import { UserError } from "../terminal/errors";

export { DEFAULT_SOCKET };

/** What was found behind a socket. */
export type Answer =
  | { readonly kind: "ok"; readonly version: string }
  | { readonly kind: "absent"; readonly detail: string }
  | { readonly kind: "denied"; readonly detail: string }
  | { readonly kind: "silent"; readonly detail: string };

/**
 * The socket that DOCKER_HOST names.
 *
 * @param dockerHost the variable's value; unset or empty means Docker's default
 * @throws UserError if it isn't a local socket
 */
export function socketOf(dockerHost: string | undefined): string {
  try {
    return localSocketOf(dockerHost);
  } catch (error) {
    throw new UserError(messageOf(error));
  }
}

/**
 * Asks the Docker engine behind a socket for its version.
 *
 * @param timeout milliseconds until it counts as silent. @default 5000
 */
export async function askEngine(socket: string, timeout = 5000): Promise<Answer> {
  let answer = await askOnce(socket, timeout);
  // A Docker engine that is stopping resets the connection: ask again after 300 ms.
  for (let tries = 1; tries < 5 && answer.kind === "silent" && /ECONNRESET|EPIPE/.test(answer.detail); tries++) {
    await sleep(300);
    answer = await askOnce(socket, timeout);
  }
  return answer;
}

function askOnce(socket: string, timeout: number): Promise<Answer> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: socket, path: "/version", timeout }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => {
        resolve(readVersion(response.statusCode ?? 0, body));
      });
    });
    asked.on("timeout", () =>
      asked.destroy(Object.assign(new Error(`no answer in ${timeout} ms`), { code: "ETIMEDOUT" })),
    );
    asked.on("error", (error: NodeJS.ErrnoException) => {
      const kind =
        error.code === "EACCES"
          ? "denied"
          : error.code === "ENOENT" || error.code === "ECONNREFUSED"
            ? "absent"
            : "silent";
      resolve({ kind, detail: error.message });
    });
    asked.end();
  });
}

function readVersion(status: number, body: string): Answer {
  try {
    const version = (JSON.parse(body) as { Version?: unknown }).Version;
    if (status === 200 && typeof version === "string") return { kind: "ok", version };
  } catch {
    // Not a Docker engine's answer: said below.
  }
  return { kind: "silent", detail: `it answers HTTP ${status}, not as a Docker engine: ${body.slice(0, 100)}` };
}

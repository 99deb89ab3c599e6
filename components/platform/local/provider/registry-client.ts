import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { MAX_REGISTRIES } from "../../../../config/schema/constants";
import { messageOf } from "../../../message";

/** How to reach the stack's registry, from this workstation. */
export interface RegistryClient {
  /** Its `host:port` in image names. The port is also open on this workstation; the host name is in its certificate. */
  readonly registry: string;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** Its answer. */
export interface RegistryAnswer {
  readonly status: number;
  /** Digest of the requested manifest. */
  readonly digest?: string;
}

/** Time limit of a request in seconds. */
const LIMIT = 10;

/** All kinds of manifests. If a kind isn't listed, the registry converts it, or answers 404. */
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** The port in a registry's name. */
export function portOf(registry: string): number {
  return Number(/:(\d+)$/.exec(registry)?.[1] ?? 443);
}

/**
 * Requests a path's headers from the registry, through its load balancer. Its certificate is checked.
 *
 * @throws Error if it can't be reached, or its certificate isn't valid.
 */
export function ask(client: RegistryClient, path: string): Promise<RegistryAnswer> {
  const { registry, ca, username, password } = client;
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        method: "HEAD",
        // By address: not every system resolves names under .localhost.
        host: "127.0.0.1",
        port: portOf(registry),
        servername: registry.replace(/:\d+$/, ""),
        ca,
        path,
        headers: { Accept: MANIFESTS, Host: registry },
        auth: `${username}:${password}`,
        agent: false,
        signal: AbortSignal.timeout(LIMIT * 1000),
      },
      (response) => {
        const digest = response.headers["docker-content-digest"];
        response.resume();
        resolve({ status: response.statusCode ?? 0, ...(typeof digest === "string" ? { digest } : {}) });
      },
    );
    asked.on("error", (error) => {
      const late = error.name === "AbortError" || error.name === "TimeoutError";
      reject(late ? new Error(`no answer within ${String(LIMIT)} s`) : error);
    });
    asked.end();
  });
}

/**
 * Waits until the registry answers and accepts the password. During a change of the password, some replicas have the former one:
 * so it takes as many good answers in a row as there may be replicas, because the load balancer rotates over them.
 *
 * @param limit Time limit in seconds.
 * @throws Error with the last answer.
 */
export async function untilKnown(client: RegistryClient, limit: number): Promise<void> {
  let seen = "nothing";
  let good = 0;
  for (const end = Date.now() + limit * 1000; Date.now() < end;) {
    try {
      const { status } = await ask(client, "/v2/");
      if (status === 200) {
        if (++good === MAX_REGISTRIES) return;
        continue;
      }
      seen = `HTTP ${String(status)}`;
    } catch (error) {
      seen = messageOf(error);
    }
    good = 0;
    await sleep(1000);
  }
  throw new Error(
    `the registry ${client.registry} (127.0.0.1:${String(portOf(client.registry))}) ` +
      (seen === "HTTP 401"
        ? `refuses the stack's own credentials (HTTP 401), for ${String(limit)} s already`
        : `doesn't answer as it should within ${String(limit)} s; seen last: ${seen}`),
  );
}

/** Name and tag in a manifest's path. */
export function manifestPath(image: string): string {
  const { name, tag } = nameIn(image);
  return `/v2/${name}/manifests/${tag}`;
}

/**
 * An image's name and tag in a registry: without the registry at the beginning of its local name.
 *
 * @throws Error for a name without a tag.
 */
export function nameIn(image: string): { readonly name: string; readonly tag: string } {
  const [first = "", ...rest] = image.split("/");
  const whole = rest.length > 0 && /[.:]/.test(first) ? rest.join("/") : image;
  const [, name, tag] = /^(.+):([^:/]+)$/.exec(whole) ?? [];
  if (name === undefined || tag === undefined) throw new Error(`the image ${image} has no tag: write <name>:<tag>`);
  return { name, tag };
}

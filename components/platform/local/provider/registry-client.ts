import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { MAX_REGISTRIES } from "../../../../config/schema/constants";
import { messageOf } from "../../../message";

/** How to reach the stack's registry, from this workstation. */
export interface RegistryClient {
  /** Its `host:port` in the names of images. The port is open on this workstation, too; the host is in its certificate. */
  readonly registry: string;
  /** The authority that its certificate is from, PEM. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** What it answered. */
export interface RegistryAnswer {
  readonly status: number;
  /** Digest of the manifest that was asked for. */
  readonly digest?: string;
}

/** Seconds until a request has failed. */
const LIMIT = 10;

/** Kinds of manifests that a registry may hold. One that isn't asked for would be answered as another kind, or not at all. */
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** The port that a registry's name ends with. */
export function portOf(registry: string): number {
  return Number(/:(\d+)$/.exec(registry)?.[1] ?? 443);
}

/**
 * Asks the registry, through its load balancer, for a path's headers. Its certificate is checked.
 *
 * @throws Error when it can't be reached, or isn't the one that the authority vouches for.
 */
export function ask(client: RegistryClient, path: string): Promise<RegistryAnswer> {
  const { registry, ca, username, password } = client;
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        method: "HEAD",
        // By address: not every system resolves the names under .localhost.
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
 * Waits until the registry answers, and knows us. Replicas that are being given a new password know the former one so long:
 * only as many good answers in a row as there may be replicas, to which the load balancer leads in turn, are those of all.
 *
 * @param limit Seconds that it may take.
 * @throws Error that says what was seen last.
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

/** What an image's manifest is asked for by. */
export function manifestPath(image: string): string {
  const { name, tag } = nameIn(image);
  return `/v2/${name}/manifests/${tag}`;
}

/**
 * An image's name and tag in a registry: without the registry that its name on an engine begins with.
 *
 * @throws Error for one without a tag.
 */
export function nameIn(image: string): { readonly name: string; readonly tag: string } {
  const [first = "", ...rest] = image.split("/");
  const whole = rest.length > 0 && /[.:]/.test(first) ? rest.join("/") : image;
  const [, name, tag] = /^(.+):([^:/]+)$/.exec(whole) ?? [];
  if (name === undefined || tag === undefined) throw new Error(`the image ${image} has no tag: write <name>:<tag>`);
  return { name, tag };
}

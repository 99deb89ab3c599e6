/** Whether official programs and images can be downloaded, or have to be made here. */
import { lookup } from "node:dns/promises";
import { UserError } from "../terminal/errors";

/** Where the official Pulumi is. */
export const PULUMI_HOST = "get.pulumi.com";
/** Where public images are. */
export const IMAGES_HOST = "registry-1.docker.io";

/** Milliseconds for the resolver. */
const LIMIT = 2000;

/** What the answer depends on; everything has a default. */
export interface DownloadOptions {
  /** @default this process's own */
  readonly env?: NodeJS.ProcessEnv;
  /** Finds a host's address. @default the system's resolver */
  readonly resolve?: (host: string) => Promise<unknown>;
}

/**
 * Whether a download from a host is worth a try: its name resolves, or a proxy would resolve it; in CI, too. Where only package
 * registries can be reached, the resolver says no at once.
 *
 * @throws UserError for any value of SWARM_HA_DOWNLOADS but `never`
 */
export async function canDownload(host: string, options: DownloadOptions = {}): Promise<boolean> {
  const { env = process.env, resolve = lookup } = options;
  if (isForbidden(env)) return false;
  if ([env["HTTPS_PROXY"], env["https_proxy"]].some((proxy) => (proxy ?? "") !== "")) return true;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((done) => {
    timer = setTimeout(done, LIMIT, false);
  });
  const found = resolve(host).then(
    () => true,
    () => false,
  );
  return Promise.race([found, tooLate]).finally(() => {
    clearTimeout(timer);
  });
}

function isForbidden(env: NodeJS.ProcessEnv): boolean {
  const value = env["SWARM_HA_DOWNLOADS"] ?? "";
  if (value === "" || value === "never") return value === "never";
  throw new UserError(
    `SWARM_HA_DOWNLOADS is ${JSON.stringify(value)}. Allowed: never (what this workstation doesn't have is built from package ` +
      "registries). Unset it to download official programs and images where that is possible.",
  );
}

/** Versions of the Pulumi engine. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { environmentFor } from "../environment";
import { UserError } from "../terminal/errors";

/** The version that is built or downloaded here; the SDK in package.json has the same one. */
export const ENGINE_VERSION = "3.245.0";

/** The oldest `pulumi` on PATH that is accepted. */
export const OLDEST = "3.200.0";

/** The three numbers of a version such as `v3.245.0` or `3.245.0-dev.1`; undefined for anything else. */
export function parseVersion(text: string): readonly [number, number, number] | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim());
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Whether a version is the oldest allowed one or newer; nonsense isn't. */
export function recentEnough(version: string, oldest: string = OLDEST): boolean {
  const [a, b] = [parseVersion(version), parseVersion(oldest)];
  if (a === undefined || b === undefined) return false;
  for (let n = 0; n < 3; n++) if (a[n] !== b[n]) return (a[n] ?? 0) > (b[n] ?? 0);
  return true;
}

/** The version that a Pulumi engine reports, without its `v`; undefined if it doesn't run. */
export async function versionOf(path: string): Promise<string | undefined> {
  try {
    const env = { ...environmentFor("local"), PULUMI_SKIP_UPDATE_CHECK: "true" };
    const { stdout } = await promisify(execFile)(path, ["version"], { env, timeout: 60_000 });
    return stdout.trim().replace(/^v/, "");
  } catch {
    return undefined;
  }
}

/** Installs the official Pulumi. */
const INSTALL_LINE = "curl -fsSL https://get.pulumi.com | sh";

/** The error for a workstation without Pulumi, where it can be neither downloaded nor built. */
export function noEngine(reason: string): UserError {
  return new UserError(`There is no Pulumi on this workstation, and ${reason}. Install Pulumi: ${INSTALL_LINE}`);
}

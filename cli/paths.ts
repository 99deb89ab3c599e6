/**
 * Where files are on this workstation. Nothing that a command writes is in the clone: a second clone sees the same stacks,
 * and `git status` stays clean.
 */
import { resolve } from "node:path";
import { statePath } from "./xdg.cjs";

export { cachePath, statePath } from "./xdg.cjs";

/** The clone's root directory (absolute). */
export const root = resolve(__dirname, "..");

/** The file with the passphrase of the local stacks' secrets (0600, made on first use). */
export function passphraseFile(): string {
  return statePath("passphrase");
}

/** The directory that Pulumi's file backend keeps the local stacks' state in. */
export function backendDir(): string {
  return statePath("backend");
}

/** The directory of the local stacks' working config files, `Pulumi.<stack>.yaml` with their encryption salt. */
export function stackConfigDir(): string {
  return statePath("config");
}

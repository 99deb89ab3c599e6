/**
 * Where things live on this machine. Nothing that a run makes lies in the clone: a second clone sees the same stacks,
 * and `git status` stays clean.
 */
import { homedir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** The clone's root directory (absolute). */
export const root = resolve(__dirname, "..");

/** The user's home. HOME may be empty or relative (in services, say), and would lead into the directory of the day. */
function home(): string {
  const named = homedir();
  return isAbsolute(named) ? named : resolve("/", userInfo().homedir);
}

/**
 * The base directory that an XDG variable names. The XDG specification says that a relative path in it is invalid and
 * to be ignored, so such a value counts as unset.
 */
function xdg(variable: "XDG_CACHE_HOME" | "XDG_STATE_HOME", fallback: string): string {
  const value = process.env[variable];
  return value !== undefined && isAbsolute(value) ? value : join(home(), fallback);
}

/**
 * A path in the user's cache: what can be made again at any time (the built engine, bundled plugins, images).
 *
 * `${XDG_CACHE_HOME:-~/.cache}/swarm-ha/<segments>`; read from the environment at each call, so tests can move it.
 */
export function cachePath(...segments: string[]): string {
  return join(xdg("XDG_CACHE_HOME", ".cache"), "swarm-ha", ...segments);
}

/**
 * A path in the user's state: what must not be lost while a local stack lives (Pulumi state, passphrase).
 *
 * `${XDG_STATE_HOME:-~/.local/state}/swarm-ha/<segments>`; read from the environment at each call.
 */
export function statePath(...segments: string[]): string {
  return join(xdg("XDG_STATE_HOME", ".local/state"), "swarm-ha", ...segments);
}

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

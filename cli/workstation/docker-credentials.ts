/** Where docker keeps the passwords of registries. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./command";

/** The docker client's configuration file. */
export function dockerConfigFile(env: NodeJS.ProcessEnv = process.env): string {
  const folder = env["DOCKER_CONFIG"];
  return join(folder === undefined || folder === "" ? join(homedir(), ".docker") : folder, "config.json");
}

/** A credential helper that docker would run, and the key that names it. */
export interface CredentialHelper {
  readonly program: string;
  readonly key: string;
}

/**
 * The helper that docker runs for a registry. Source: docker/cli, cli/config/configfile/file.go, getConfiguredCredentialStore.
 *
 * @param config text of the configuration file
 * @returns undefined where docker keeps the password itself
 */
export function helperFor(registry: string, config: string): CredentialHelper | undefined {
  let read: { readonly credHelpers?: Readonly<Record<string, string>>; readonly credsStore?: string };
  try {
    read = (JSON.parse(config) ?? {}) as typeof read;
  } catch {
    return undefined; // docker says what is wrong with it.
  }
  const own = read.credHelpers?.[registry];
  if (own !== undefined) return { program: `docker-credential-${own}`, key: `credHelpers["${registry}"]` };
  const { credsStore = "" } = read;
  return credsStore === "" ? undefined : { program: `docker-credential-${credsStore}`, key: "credsStore" };
}

/** What to do about a credential helper that isn't installed; undefined where nothing is missing. */
export function missingHelper(registry: string, file = dockerConfigFile()): string | undefined {
  let config: string;
  try {
    config = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const helper = helperFor(registry, config);
  if (helper === undefined || findProgram(helper.program) !== undefined) return undefined;
  return (
    `${file} names a credential helper (${helper.key}), but the program ${helper.program} isn't installed. ` +
    `Install it, or remove that key: docker then keeps passwords in the file itself.`
  );
}

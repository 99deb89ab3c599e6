/** The environment of engine runs. */
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { backendDir, passphraseFile } from "../paths";
import type { Engine } from "./engine";

/**
 * What an engine needs, wherever its state is: no questions for updates, no SSH agent, and for the kit no plugins from
 * anywhere else.
 *
 * @param base @default this process's own
 */
export function engineEnv(engine: Engine, base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...base, PULUMI_SKIP_UPDATE_CHECK: "true" };
  // Steps log in with the stack's own key. The command plugin asks an agent all the same, and one that is gone fails
  // every dial (recorded: test/unit/kit/transcripts).
  Reflect.deleteProperty(env, "SSH_AUTH_SOCK");
  if (engine.kind === "official") return env;
  return {
    ...env,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    PULUMI_HOME: engine.home,
    // Log-ins stay where they are, whichever kit is used.
    PULUMI_CREDENTIALS_PATH: base["PULUMI_CREDENTIALS_PATH"] ?? base["PULUMI_HOME"] ?? join(homedir(), ".pulumi"),
  };
}

/** What isn't for local stacks: another passphrase, and another stack. */
const FOREIGN = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK"];

/** The environment for stacks on this machine: our state and passphrase, whatever the user has set for others. */
export function localEnv(engine: Engine, base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const env = engineEnv(engine, base);
  for (const name of FOREIGN) Reflect.deleteProperty(env, name);
  return {
    ...env,
    // The engine writes the whole state for each step. `skip` leaves out a checksum of it in a file beside it, which nobody
    // reads, and saves a seventh of the engine's processor time. Nor can a kill then cut that file off: without it the state
    // can be read, with a half of it it can't (gocloud.dev, blob/fileblob, "metadata").
    PULUMI_BACKEND_URL: `${pathToFileURL(backendDir()).href}?metadata=skip`,
    // The same writing makes much garbage; collected at five times what is in use, not twice, it takes a tenth less.
    GOGC: base["GOGC"] ?? "400",
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
    // Keep the compressed form off, whatever is set elsewhere: healing reads the state.
    PULUMI_DIY_BACKEND_GZIP: "false",
    // Steps wait for hosts most of the time; the engine's default, four at a time per core, is made for less.
    PULUMI_PARALLEL: base["PULUMI_PARALLEL"] ?? "32",
  };
}

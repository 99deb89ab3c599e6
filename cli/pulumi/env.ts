/** The environment of engine runs: what cli/environment lets in, and what this program sets. */
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { environmentFor } from "../environment";
import { backendDir, passphraseFile } from "../paths";
import type { Engine } from "./engine";

/**
 * Steps at a time of a stack on this machine. They wait for hosts most of the time; the engine's default, four at a time per
 * core, is made for less.
 */
export const LOCAL_STEPS = 32;

/**
 * For stacks elsewhere: the user's own state and log-ins, and for the kit no plugins from anywhere else.
 *
 * @param base what the user has set. @default this process's own
 */
export function engineEnv(engine: Engine, base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environmentFor("cloud", base), ...always(engine, base) };
}

/** What every engine gets: no questions for updates, and for the kit its own plugins alone. */
function always(engine: Engine, base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
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

/** The environment for stacks on this machine: our state and passphrase, whatever the user has set for others. */
export function localEnv(engine: Engine, base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...environmentFor("local", base),
    ...always(engine, base),
    // The engine writes the whole state for each step. `skip` leaves out a checksum of it in a file beside it, which nobody
    // reads, and saves a seventh of the engine's processor time. Nor can a kill then cut that file off: without it the state
    // can be read, with a half of it it can't (gocloud.dev, blob/fileblob, "metadata").
    PULUMI_BACKEND_URL: `${pathToFileURL(backendDir()).href}?metadata=skip`,
    // The same writing makes much garbage; collected at five times what is in use, not twice, it takes a tenth less.
    GOGC: base["GOGC"] ?? "400",
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
    // Keep the compressed form off: healing reads the state.
    PULUMI_DIY_BACKEND_GZIP: "false",
    // After each run the engine writes the state to two folders, `history` and `backups`; one copy is enough (pulumi v3.245.0,
    // pkg/backend/diy/backend.go, "apply").
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    PULUMI_PARALLEL: base["PULUMI_PARALLEL"] ?? String(LOCAL_STEPS),
  };
}

/** The environment of runs of the Pulumi engine: what cli/environment lets in, and what this program sets. */
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { environmentFor } from "../environment";
import { backendDir, passphraseFile } from "../paths";
import type { Engine } from "./engine";

/**
 * Steps that run in parallel for a stack on this workstation. They wait for hosts most of the time, so the Pulumi engine's
 * default of four per core is too low.
 */
export const LOCAL_STEPS = 32;

/**
 * The environment for other stacks: the user's own backend and logins, and for the kit only its own plugins.
 *
 * @param base the user's environment @default this process's own
 */
export function engineEnv(engine: Engine, base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environmentFor("cloud", base), ...always(engine, base) };
}

/** For every Pulumi engine: no update check, and for the kit only its own plugins. */
function always(engine: Engine, base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  if (engine.kind === "official") return env;
  return {
    ...env,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    PULUMI_HOME: engine.home,
    // The kit uses the user's own logins.
    PULUMI_CREDENTIALS_PATH: base["PULUMI_CREDENTIALS_PATH"] ?? base["PULUMI_HOME"] ?? join(homedir(), ".pulumi"),
  };
}

/** The environment for local stacks: this program's state and passphrase, not the user's own backend. */
export function localEnv(engine: Engine, base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...environmentFor("local", base),
    ...always(engine, base),
    // The Pulumi engine writes the whole state for each step. `skip` leaves out a file with its checksum, which nothing reads. That
    // saves a seventh of the Pulumi engine's CPU time. It also avoids a failure: the state can be read without that file, but not
    // with a half-written one, as a kill leaves it (gocloud.dev, blob/fileblob, "metadata").
    PULUMI_BACKEND_URL: `${pathToFileURL(backendDir()).href}?metadata=skip`,
    // Writing the state makes much garbage. A higher limit for its collection saves a tenth of the CPU time.
    GOGC: base["GOGC"] ?? "400",
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
    // Keep the compressed form off: healing reads the state.
    PULUMI_DIY_BACKEND_GZIP: "false",
    // After each run the Pulumi engine writes the state to two folders, `history` and `backups`; one copy is enough (pulumi v3.245.0,
    // pkg/backend/diy/backend.go, "apply").
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    PULUMI_PARALLEL: base["PULUMI_PARALLEL"] ?? String(LOCAL_STEPS),
  };
}

/**
 * Previews of cloud stacks without their state, their credentials or the network: for CI and tests, with the kit alone.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../paths";
import { UserError } from "../terminal/errors";
import { engineEnv } from "./env";
import { execEngine, type ExecOptions, type RunResult } from "./exec";
import type { Engine } from "./engine";
import { withoutSalt } from "./local-state";
import type { StackFile } from "./project";

/**
 * Runs Pulumi on an empty state of a cloud stack, which is gone afterwards. (Where a backend is chosen,
 * PULUMI_BACKEND_URL, that one is used, and this isn't.)
 *
 * @param args without the stack and its config file
 */
export async function runTrial(
  engine: Engine,
  args: readonly string[],
  { stack, file }: { readonly stack: string; readonly file: StackFile },
  options: ExecOptions,
): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-trial-"));
  try {
    const env: NodeJS.ProcessEnv = {
      ...engineEnv(engine, options.env),
      PULUMI_BACKEND_URL: pathToFileURL(folder).href,
      PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
    };
    Reflect.deleteProperty(env, "PULUMI_CONFIG_PASSPHRASE_FILE");
    // Making a stack writes its salt into its config file: into a copy.
    copyFileSync(join(root, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    const init = ["stack", "init", stack, "--no-select", "--non-interactive", "--secrets-provider", "passphrase"];
    const made = await execEngine(engine, init, { cwd: folder, env, capture: true });
    if (made.code !== 0) throw new UserError(`The trial of '${stack}' can't be prepared: ${made.stderr.trim()}`);
    const config = join(folder, `Pulumi.${stack}.yaml`);
    const salt = /^encryptionsalt:.*$/m.exec(existsSync(config) ? readFileSync(config, "utf8") : "")?.[0] ?? "";
    writeFileSync(config, `${withoutSalt(file.text)}${salt}\n`, { mode: 0o600 });
    return await execEngine(engine, [...args, "--stack", stack, "--config-file", config], { ...options, env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

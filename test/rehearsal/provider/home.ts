/** A PULUMI_HOME with the kit's plugins, and the simulated AWS's in the place of aws. */
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareKit, type Kit } from "../../../cli/pulumi/kit";
import { root } from "../../../cli/paths";

/**
 * Names a folder with the official programs: `pulumi` with its language host beside it, and `pulumi-resource-command`. Drives
 * then use these. @default the kit's, which tests hold to the official ones
 */
const OFFICIAL = "SWARM_HA_REHEARSAL_OFFICIAL";

/**
 * Makes one in a folder.
 *
 * @param enginePath The Pulumi engine
 */
export async function rehearsalHome(enginePath: string, folder: string): Promise<Kit> {
  const kit = await prepareKit(enginePath);
  const home = join(folder, "pulumi-home");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  cpSync(kit.home, home, { recursive: true });
  const plugins = join(home, "plugins");
  const aws = readdirSync(plugins).find((name) => name.startsWith("resource-aws-"));
  if (aws === undefined) throw new Error("the kit has no aws plugin to be replaced");
  const script = join(home, "pulumi-resource-aws.cjs");
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: root,
    entryPoints: ["test/rehearsal/provider/main.ts"],
    outfile: script,
    bundle: true,
    platform: "node",
    target: "node20",
    logLevel: "error",
    external: ["*.node", "cpu-features", "typescript", "ts-node"],
  });
  const launcher = join(plugins, aws, "pulumi-resource-aws");
  rmSync(launcher);
  writeFileSync(launcher, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`);
  chmodSync(launcher, 0o755);
  const official = process.env[OFFICIAL];
  if (official === undefined) return { engine: kit.engine, home };
  const command = readdirSync(plugins).find((name) => name.startsWith("resource-command-"));
  if (command === undefined) throw new Error("the kit has no command plugin to be replaced");
  cpSync(join(official, "pulumi-resource-command"), join(plugins, command, "pulumi-resource-command"));
  return { engine: join(official, "pulumi"), home };
}

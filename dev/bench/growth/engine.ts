/** The offline kit with simulated steps: its own Pulumi engine, language host and tls plugin, and two plugins that only wait. */
import { chmodSync, constants, copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { Engine } from "../../../cli/pulumi";
import { kitEngine } from "../../../cli/pulumi/find";
import { launcher } from "../../../cli/pulumi/kit";
import { root } from "../../../cli/paths";

/** Plugins that are replaced, by the place of their programs in the kit's folder. */
const SIMULATED = {
  "bin/pulumi-resource-pulumi-nodejs": "dynamic",
  "home/plugins/resource-command-v1.2.1/pulumi-resource-command": "command",
} as const;

/** Makes the Pulumi engine in an empty folder. */
export async function simulatedEngine(folder: string): Promise<Engine> {
  const kit = await kitEngine();
  const path = join(folder, "bin", "pulumi");
  // The Pulumi engine looks for its language host beside its own binary, with links resolved.
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(kit.path, path, constants.COPYFILE_FICLONE);
  copyFileSync(join(dirname(kit.path), "pulumi-language-nodejs"), join(folder, "bin", "pulumi-language-nodejs"));
  const home = join(folder, "home");
  cpSync(kit.home ?? "", home, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: Object.values(SIMULATED).map((name) => `dev/bench/growth/${name}.ts`),
    outdir: join(folder, "lib"),
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    logLevel: "error",
    external: ["*.node", "cpu-features"],
  });
  for (const [place, name] of Object.entries(SIMULATED)) {
    const program = join(folder, place);
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, launcher(join(folder, "lib", `${name}.cjs`)));
    chmodSync(program, 0o755);
  }
  return { ...kit, path, home };
}

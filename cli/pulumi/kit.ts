/** The offline kit's plugins, bundled from `offline/` and laid out as the Pulumi engine looks for them. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { shellQuote } from "../../components/shell-quote";
import { cachePath, root } from "../paths";
import { withLock } from "../workstation/lock.cjs";

/** A kit that is ready for use. */
export interface Kit {
  /** The Pulumi engine's binary, in a directory with the plugins that it expects beside itself. */
  readonly engine: string;
  /** PULUMI_HOME with the resource plugins. */
  readonly home: string;
}

/** What starts a plugin, and what that is made of. */
const START = "cli/pulumi/start-plugin.cjs";
const CODE_CACHE = "cli/code-cache.cjs";

/** Entry points in `offline/` by the place that the Pulumi engine looks for their programs in. */
const plugins = (): Readonly<Record<string, string>> => ({
  "bin/pulumi-language-nodejs": "language-nodejs",
  "bin/pulumi-resource-pulumi-nodejs": "dynamic",
  [`home/plugins/resource-command-v${versionOf("@pulumi/command")}/pulumi-resource-command`]: "command",
  [`home/plugins/resource-aws-v${versionOf("@pulumi/aws")}/pulumi-resource-aws`]: "aws",
  [`home/plugins/resource-tls-v${versionOf("@pulumi/tls")}/pulumi-resource-tls`]: "tls",
});

function versionOf(name: string): string {
  const text = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * The kit for a Pulumi engine. Bundles are cached by what they are made of; a damaged cache is rebuilt.
 *
 * @param enginePath the built engine
 */
export async function prepareKit(enginePath: string): Promise<Kit> {
  const folder = cachePath("kit", sourceHash());
  if (!isWhole(folder)) {
    await withLock(`${folder}.lock`, async () => {
      if (!isWhole(folder)) await bundle(folder);
    });
  }
  const engine = join(folder, "bin", "pulumi");
  placeEngine(enginePath, engine);
  return { engine, home: join(folder, "home") };
}

/** Everything that the bundles depend on: the kit's sources, the installed packages, and the node that runs them. */
function sourceHash(): string {
  const hash = createHash("sha256").update(`${process.execPath} ${process.version}\n`);
  for (const name of ["package-lock.json", START, CODE_CACHE]) hash.update(readFileSync(join(root, name)));
  hash.update(readFileSync(__filename));
  const offline = join(root, "offline");
  for (const name of readdirSync(offline, { recursive: true, encoding: "utf8" }).sort())
    if (/\.(ts|json)$/.test(name)) hash.update(`${name}\n`).update(readFileSync(join(offline, name)));
  return hash.digest("hex").slice(0, 16);
}

/** Whether every file is there in the size that was written down at the end of making them. */
function isWhole(folder: string): boolean {
  try {
    const sizes = JSON.parse(readFileSync(join(folder, "sizes.json"), "utf8")) as Record<string, number>;
    return Object.entries(sizes).every(([name, size]) => statSync(join(folder, name)).size === size);
  } catch {
    return false;
  }
}

async function bundle(folder: string): Promise<void> {
  const { build } = await import("esbuild");
  const work = `${folder}.${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  const entries = Object.values(plugins());
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries.map((entry) => [entry, `offline/${entry}/main.ts`])),
    outdir: join(work, "lib"),
    outExtension: { ".js": ".plugin.cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    minify: true,
    logLevel: "error",
    // ssh2's native parts are optional, and the SDK loads the TypeScript compiler only to serialize functions.
    external: ["*.node", "cpu-features", "typescript", "ts-node"],
    plugins: [{ name: "slim-dynamic-provider", setup: slimDynamicProvider }],
  });
  await build({
    absWorkingDir: root,
    entryPoints: [START],
    outfile: join(work, "lib", "start.cjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
  for (const entry of entries) writeFileSync(join(work, "lib", `${entry}.cjs`), starter(entry));
  for (const [place, entry] of Object.entries(plugins())) {
    const file = join(work, place);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, launcher(join(folder, "lib", `${entry}.cjs`)));
    chmodSync(file, 0o755);
  }
  const names = [...Object.keys(plugins()), ...readdirSync(join(work, "lib")).map((name) => join("lib", name))];
  const sizes = Object.fromEntries(names.map((name) => [name, statSync(join(work, name)).size]));
  writeFileSync(join(work, "sizes.json"), JSON.stringify(sizes));
  rmSync(folder, { recursive: true, force: true });
  renameSync(work, folder);
}

/** The script that starts a plugin, beside it. */
function starter(entry: string): string {
  const plugin = JSON.stringify(`${entry}.plugin.cjs`);
  return `require("./start.cjs").startPlugin(require("node:path").join(__dirname, ${plugin}));\n`;
}

/**
 * The SDK's dynamic provider imports the whole runtime, TypeScript compiler included, for one constant; that costs half
 * a second at each start. The module which that constant is in does as well (measured: 0.14 s instead of 0.55 s).
 */
function slimDynamicProvider(build: import("esbuild").PluginBuild): void {
  build.onResolve({ filter: /^\.\.\/\.\.\/runtime$/ }, ({ importer, resolveDir }) =>
    /[\\/]cmd[\\/]dynamic-provider[\\/]index\.js$/.test(importer)
      ? { path: resolve(resolveDir, "../../runtime/settings.js") }
      : undefined,
  );
}

/** A program that runs a script with this Node. */
export function launcher(script: string): string {
  return `#!/bin/sh\nexec ${shellQuote(process.execPath)} ${shellQuote(script)} "$@"\n`;
}

/** The Pulumi engine looks for the language host beside its own binary, with links resolved: so a hard link, else a copy. */
function placeEngine(source: string, target: string): void {
  const wanted = statSync(source);
  if (existsSync(target)) {
    const { ino, size, mtimeMs } = statSync(target);
    if (ino === wanted.ino || (size === wanted.size && mtimeMs >= wanted.mtimeMs)) return;
  }
  const temporary = `${target}.${process.pid}`;
  rmSync(temporary, { force: true });
  try {
    linkSync(source, temporary);
  } catch {
    copyFileSync(source, temporary);
  }
  renameSync(temporary, target);
}

/**
 * TypeScript of this clone as one file of JavaScript, with V8's code cache: compiling each of a command's 600 modules at
 * every start takes 1.5 s of processor time, this 0.2 s. Bundles lie in the user's cache, under a hash of all sources.
 * Plain JavaScript: it runs before dependencies are installed.
 */
const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { compile, ignore, readSealed, writeSealed, writeWhole } = require("./code-cache.cjs");
const { cachePath } = require("./xdg.cjs");

const root = path.resolve(__dirname, "..");
/** Folders and files that entry points import, or that decide how they are compiled. */
const SOURCES = ["cli", "components", "config", "plan", "policy", "offline/lib", "offline/tls"];
const FILES = ["index.ts", "package-lock.json", "tsconfig.json"];
/** Bundles of other versions of the sources that are kept, for switching branches. */
const KEPT = 8;
/** Milliseconds for a build, which takes about 1 s. */
const BUILD_LIMIT = 60_000;
/** What stays a file of its own: programs, Pulumi's SDK, of which there may be only one, and optional native parts. */
const EXTERNAL = ["*.node", "cpu-features", "esbuild", "mocha", "typescript", "@pulumi/*"];

/**
 * Runs an entry point as a bundle.
 *
 * @param {Module} module receives the exports; its file name is the source's
 * @returns {boolean} false when there is no sound bundle and none could be built; nothing has run then
 */
function runBundle(module) {
  const file = module.filename;
  let target, code;
  try {
    target = targetOf(file);
    code = read(target) ?? built(target, file);
  } catch {
    return false;
  }
  if (code === undefined) return false;
  const saved = `${target}.v8`;
  const { script, isFresh } = compile(Module.wrap(code), `${target}.cjs`, readSealed(saved));
  const load = Module.createRequire(file);
  load.main = process.mainModule;
  script.runInThisContext()(module.exports, load, module, file, path.dirname(file));
  const keep = () => ignore(() => writeSealed(saved, script.createCachedData()));
  if (isFresh) {
    // Now that V8 has compiled what is used at a start, and at the end what was used at all. A plugin is killed at its end.
    keep();
    process.once("exit", keep);
  }
  return true;
}

/** Path of a bundle, without its extension: the entry point's, below a hash of all sources and of what runs them. */
function targetOf(file) {
  const name = path.relative(root, file).replace(/\.ts$/, "").replaceAll(path.sep, "-");
  return cachePath("bundles", sourceHash(), name);
}

function sourceHash() {
  const hash = createHash("sha256").update(`${root}\n${process.version} ${process.arch}\n`);
  for (const name of hashedFiles()) hash.update(`${name}\n`).update(fs.readFileSync(path.join(root, name)));
  return hash.digest("hex").slice(0, 16);
}

/** Paths from the clone's root. */
function hashedFiles() {
  const exists = (name) => fs.existsSync(path.join(root, name));
  const below = SOURCES.filter(exists).flatMap((folder) =>
    fs.readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(folder, name)),
  );
  return [...FILES.filter(exists), ...below.filter((name) => /\.(ts|cjs|json)$/.test(name)).sort()];
}

/** @returns the bundle's text; undefined when there is none, or it is damaged */
function read(target) {
  const code = readSealed(`${target}.cjs`)?.toString();
  // The folder's age tells which bundles are used.
  if (code !== undefined) ignore(() => fs.utimesSync(path.dirname(target), new Date(), new Date()));
  return code;
}

/** Builds a bundle, in a process of its own: esbuild's plugins are asynchronous, and loading a module is not. */
function built(target, file) {
  // Without a place to keep it there is no use in building.
  fs.mkdirSync(path.dirname(target), { recursive: true });
  execFileSync(process.execPath, [__filename, file], { stdio: "ignore", timeout: BUILD_LIMIT });
  return read(target);
}

async function build(file) {
  const target = targetOf(file);
  const { outputFiles } = await require("esbuild").build({
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    external: EXTERNAL,
    format: "cjs",
    logLevel: "silent",
    outfile: `${target}.cjs`,
    platform: "node",
    plugins: [{ name: "locations", setup: (building) => keepLocations(building, file) }],
    // For stack traces, which Pulumi's SDK translates.
    sourcemap: "linked",
    sourcesContent: false,
    // Externals are resolved from the clone, not from the cache.
    supported: { "dynamic-import": false },
    target: "node20",
    write: false,
  });
  // Sources that changed meanwhile belong to another hash.
  if (targetOf(file) !== target) throw new Error("the sources have changed during the build");
  for (const { path: name, contents } of outputFiles)
    (name.endsWith(".cjs") ? writeSealed : writeWhole)(name, contents);
  ignore(() => prune(path.dirname(target)));
}

/** Lets each module know where its source lies, and only the entry point take itself for the main module. */
function keepLocations(building, file) {
  building.onLoad({ filter: /\.[cm]?[jt]s$/ }, ({ path: location }) => {
    const text = fs.readFileSync(location, "utf8");
    const names = { __dirname: path.dirname(location), __filename: location };
    const used = Object.entries(names).filter(
      ([name]) => text.includes(name) && !new RegExp(`(const|let|var) ${name}\\b`).test(text),
    );
    const head = used.map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`).join(" ");
    const contents = location === file ? text : text.replaceAll("require.main === module", "false");
    return { contents: head + contents, loader: location.endsWith("ts") ? "ts" : "js" };
  });
}

/** Removes all folders beside this one but the newest. */
function prune(mine) {
  const folder = path.dirname(mine);
  const age = (name) => fs.statSync(path.join(folder, name)).mtimeMs;
  const others = fs.readdirSync(folder).filter((name) => name !== path.basename(mine));
  for (const name of others.sort((a, b) => age(b) - age(a)).slice(KEPT))
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}

module.exports = { hashedFiles, runBundle };

if (require.main === module) {
  build(process.argv[2]).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

/**
 * TypeScript of this clone as one file of JavaScript, with V8's code cache: compiling each of a command's 600 modules at
 * every start takes 1.5 s of processor time, this 0.2 s. Bundles lie in the user's cache, under a hash of all that they
 * are made of. Plain JavaScript, for it runs before there is anything else.
 */
const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const os = require("node:os");
const path = require("node:path");
const vm = require("node:vm");

const root = path.resolve(__dirname, "..");
/** What entry points import. */
const SOURCES = ["components", "config", "tools"];
/** What is hashed besides. */
const FILES = ["index.ts", "package-lock.json"];
/** Bundles of other versions of the sources that are kept: people change back and forth between branches. */
const KEPT = 8;
/** What has to stay files of their own: programs, Pulumi's SDK, of which there may be only one, and optional native parts. */
const EXTERNAL = ["*.node", "cpu-features", "esbuild", "mocha", "typescript", "@pulumi/*"];

/** The base of caches as tools/paths.ts has it; never relative to the current directory, whatever HOME is. */
function cacheBase() {
  const xdg = process.env.XDG_CACHE_HOME;
  if (xdg && path.isAbsolute(xdg)) return xdg;
  const named = os.homedir();
  const home = path.isAbsolute(named) ? named : os.userInfo().homedir;
  return path.resolve("/", home, ".cache");
}

/**
 * Runs an entry point as a bundle.
 *
 * @param {Module} module what its exports go to; it has the source's file name
 * @returns {boolean} false when no bundle could be made; nothing has run then
 */
function runBundle(module) {
  const file = module.filename;
  let place, code;
  try {
    place = placeOf(file);
    code = read(place) ?? made(place, file);
  } catch {
    return false;
  }
  const saved = `${place}.v8`;
  const cachedData = attempt(() => fs.readFileSync(saved));
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${code}\n})`, {
    filename: `${place}.cjs`,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const load = Module.createRequire(file);
  load.main = process.mainModule;
  script.runInThisContext()(module.exports, load, module, file, path.dirname(file));
  // Now that V8 has compiled what is used at a start.
  if (cachedData === undefined || script.cachedDataRejected) attempt(() => write(saved, script.createCachedData()));
  return true;
}

/** Where a bundle lies, without its extension: by its entry point, and by all that bundles are made of and run with. */
function placeOf(file) {
  const hash = createHash("sha256").update(`${root}\n${process.version} ${process.arch}\n`);
  const names = SOURCES.flatMap((folder) =>
    fs.readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(folder, name)),
  ).filter((name) => /\.(ts|cjs|json)$/.test(name));
  for (const name of [...FILES.filter((one) => fs.existsSync(path.join(root, one))), ...names.sort()])
    hash.update(`${name}\n`).update(fs.readFileSync(path.join(root, name)));
  const name = path.relative(root, file).replace(/\.ts$/, "").replaceAll(path.sep, "-");
  return path.join(cacheBase(), "swarm-ha", "bundles", hash.digest("hex").slice(0, 16), name);
}

/** @returns the bundle's text; undefined where there is none, or not all of it */
function read(place) {
  const text = attempt(() => fs.readFileSync(`${place}.cjs`, "utf8"));
  return text?.trimEnd().endsWith(END) ? text : undefined;
}

const END = "// end of the bundle";

/** Makes a bundle, in a process of its own: esbuild's plugins are asynchronous, and loading a module is not. */
function made(place, file) {
  execFileSync(process.execPath, [__filename, place, file], { stdio: "ignore" });
  return read(place);
}

async function make(place, file) {
  const { build } = require("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    external: EXTERNAL,
    footer: { js: END },
    format: "cjs",
    logLevel: "silent",
    outfile: `${place}.cjs`,
    platform: "node",
    plugins: [{ name: "places", setup: (building) => keepPlaces(building, file) }],
    // They are resolved from the clone, not from the cache.
    supported: { "dynamic-import": false },
    target: "node20",
    write: false,
  });
  write(`${place}.cjs`, outputFiles[0].text);
  attempt(() => prune(path.dirname(path.dirname(place))));
}

/** Lets each module know where its source lies, and only the entry point take itself for the main module. */
function keepPlaces(building, file) {
  building.onLoad({ filter: /\.[cm]?[jt]s$/ }, ({ path: place }) => {
    const text = fs.readFileSync(place, "utf8");
    const names = { __dirname: path.dirname(place), __filename: place };
    const used = Object.entries(names).filter(
      ([name]) => text.includes(name) && !new RegExp(`(const|let|var) ${name}\\b`).test(text),
    );
    const head = used.map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`).join(" ");
    const contents = place === file ? text : text.replaceAll("require.main === module", "false");
    return { contents: head + contents, loader: place.endsWith("ts") ? "ts" : "js" };
  });
}

/** Removes all but the newest. */
function prune(folder) {
  const age = (name) => fs.statSync(path.join(folder, name)).mtimeMs;
  const old = fs
    .readdirSync(folder)
    .sort((a, b) => age(b) - age(a))
    .slice(KEPT);
  for (const name of old) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}

/** Whole or not at all. */
function write(file, data) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, data);
  fs.renameSync(temporary, file);
}

/** For what may fail without harm. */
function attempt(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}

module.exports = { cacheBase, runBundle };

if (require.main === module) void make(process.argv[2], process.argv[3]);

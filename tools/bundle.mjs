/**
 * A tool as one file of JavaScript, with V8's code cache: compiling each of its 600 modules anew takes 1.5 s of processor
 * time at every start, this 0.2 s. It lies in the user's cache, under a hash of all that it is made of.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import Module, { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";

/** Folders that tools import from. */
const SOURCES = ["tools", "components", "config"];
/** Bundles of other versions of the sources that are kept: people change back and forth between branches. */
const KEPT = 8;
/** What has to stay a file of its own: programs, and native parts that are optional. */
const EXTERNAL = ["*.node", "cpu-features", "esbuild", "mocha", "typescript", "@pulumi/*"];

/**
 * Runs a tool as a bundle, in this very process and as its main module.
 *
 * @param {string} root the clone
 * @param {string} cache where bundles lie
 * @param {string} file the tool's source
 * @returns {Promise<boolean>} false when no bundle could be made; nothing has run then
 */
export async function runBundle(root, cache, file) {
  const load = createRequire(file);
  let code, folder;
  try {
    folder = path.join(cache, sourceHash(root));
    code = read(folder, file) ?? (await bundle(root, folder, file, load));
  } catch {
    return false;
  }
  const saved = path.join(folder, `${path.parse(file).name}.v8`);
  const cachedData = fs.existsSync(saved) ? fs.readFileSync(saved) : undefined;
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${code}\n})`, {
    filename: bundlePath(folder, file),
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  // After the run, when V8 has compiled what is used.
  if (cachedData === undefined || script.cachedDataRejected) {
    process.once("exit", () => attempt(() => write(saved, script.createCachedData())));
  }
  const main = new Module(file, null);
  main.filename = file;
  main.paths = load.resolve.paths("x");
  process.mainModule = load.main = main;
  script.runInThisContext()(main.exports, load, main, file, path.dirname(file));
  return true;
}

const bundlePath = (folder, file) => path.join(folder, `${path.parse(file).name}.cjs`);

/** Of all that bundles are made of, and of what runs them. */
function sourceHash(root) {
  const hash = createHash("sha256").update(`${root}\n${process.version} ${process.arch}\n`);
  const names = SOURCES.flatMap((folder) =>
    fs.readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(folder, name)),
  );
  for (const name of ["package-lock.json", ...names.filter((name) => /\.(ts|mjs|json)$/.test(name)).sort()])
    hash.update(`${name}\n`).update(fs.readFileSync(path.join(root, name)));
  return hash.digest("hex").slice(0, 16);
}

/** @returns the bundle's text; undefined where there is none, or not all of it */
function read(folder, file) {
  const text = attempt(() => fs.readFileSync(bundlePath(folder, file), "utf8"));
  return text?.trimEnd().endsWith(END) ? text : undefined;
}

const END = "// end of the bundle";

async function bundle(root, folder, file, load) {
  const { build } = load("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    external: EXTERNAL,
    footer: { js: END },
    format: "cjs",
    logLevel: "silent",
    outdir: folder,
    platform: "node",
    plugins: [{ name: "places", setup: (building) => keepPlaces(building, file) }],
    // They are resolved from the clone, not from the cache.
    supported: { "dynamic-import": false },
    target: "node20",
    write: false,
  });
  const text = outputFiles[0].text;
  write(bundlePath(folder, file), text);
  attempt(() => prune(path.dirname(folder)));
  return text;
}

/** Lets each module know where its source lies, and only the tool take itself for the main module. */
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
function prune(cache) {
  const age = (name) => fs.statSync(path.join(cache, name)).mtimeMs;
  const old = fs
    .readdirSync(cache)
    .sort((a, b) => age(b) - age(a))
    .slice(KEPT);
  for (const name of old) fs.rmSync(path.join(cache, name), { recursive: true, force: true });
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

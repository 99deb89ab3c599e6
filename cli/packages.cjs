/**
 * The packages' modules that the program loads, 400 of Pulumi's SDK, as one file with V8's code cache: finding and compiling
 * them at every start takes 0.25 s of processor time, this 0.1 s. Each is still a module of its own, under its own
 * path, as Node makes it. What isn't in the file is loaded by Node, and is in it from the next run on.
 */
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { compile, ignore, readSealed, writeSealed } = require("./code-cache.cjs");
const { cachePath } = require("./xdg.cjs");

/** Such a module isn't kept: Node has to know which module it is that imports. */
const IMPORTS = /\bimport\s*\(/;
/** Bytes of a length. */
const LENGTH = 4;
/** Files of other clones, and of other versions of the packages, that are kept. */
const KEPT = 8;

/**
 * Takes modules from the file from now on, and writes it at the end of a run that has succeeded and has compiled others.
 *
 * @param {string} root the clone: what is in its node_modules is taken as package-lock.json says
 */
function usePackages(root) {
  const file = ignore(() => placeOf(root));
  if (file === undefined) return;
  const folder = path.join(root, "node_modules") + path.sep;
  const known = ignore(() => readPack(file)) ?? { modules: new Map(), found: {} };
  /** Modules of this run, with their source: to be written. */
  const used = new Map();
  /** Paths of modules of this run, by folder and request. */
  const found = {};
  let isWhole = true;

  const load = Module._extensions[".js"];
  Module._extensions[".js"] = (module, filename) => {
    const kept = known.modules.get(filename);
    const code = kept?.code() ?? (filename.startsWith(folder) ? ignore(() => wrapped(filename)) : undefined);
    const compiled = code === undefined ? undefined : ignore(() => compile(code, filename, kept?.cache));
    // Also what is no CommonJS: Node says so.
    if (compiled === undefined) return load(module, filename);
    if (kept === undefined || compiled.isFresh) isWhole = false;
    used.set(filename, { code, script: compiled.script });
    const run = compiled.script.runInThisContext();
    run.call(module.exports, module.exports, requireOf(module), module, filename, path.dirname(filename));
  };

  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    const from = parent?.filename;
    if (options !== undefined || typeof from !== "string" || !from.startsWith(folder))
      return resolve.apply(this, arguments);
    const key = `${path.dirname(from)}\n${request}`;
    found[key] = known.found[key] ?? resolve.apply(this, arguments);
    return found[key];
  };

  process.once("exit", (code) => {
    if (code === 0 && !isWhole) ignore(() => writePack(file, { known, used, found }));
  });
}

/** Where the file of a clone is: below a hash of what decides about its content. */
function placeOf(root) {
  const hash = createHash("sha256").update(`${root}\n${process.version} ${process.arch}\n`);
  for (const name of [path.join(root, "package-lock.json"), __filename]) hash.update(fs.readFileSync(name));
  return cachePath("packages", `${hash.digest("hex").slice(0, 16)}.bin`);
}

/** A module's source as Node runs it; undefined for one that isn't kept. */
function wrapped(filename) {
  const text = fs.readFileSync(filename, "utf8");
  return IMPORTS.test(text) ? undefined : Module.wrap(text.replace(/^#!.*/, ""));
}

/** What Node gives a module as `require`. */
function requireOf(module) {
  const load = (id) => module.require(id);
  load.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  load.resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  load.main = process.mainModule;
  load.extensions = Module._extensions;
  load.cache = Module._cache;
  return load;
}

/** A length, a list as JSON, and then source and code cache of each module in it. */
function readPack(file) {
  const data = readSealed(file);
  if (data === undefined) return undefined;
  // The file's age tells which ones are used.
  ignore(() => fs.utimesSync(file, new Date(), new Date()));
  const end = LENGTH + data.readUInt32LE(0);
  const { modules, found } = JSON.parse(data.toString("utf8", LENGTH, end));
  let at = end;
  const next = (length) => data.subarray(at, (at += length));
  const entry = ([name, isAscii, ...lengths]) => {
    const [code, cache] = lengths.map(next);
    return [name, { code: () => code.toString(isAscii ? "latin1" : "utf8"), cache, isAscii, bytes: code }];
  };
  return { modules: new Map(modules.map(entry)), found };
}

function writePack(file, { known, used, found }) {
  const parts = [];
  const modules = [];
  const add = (name, isAscii, code, cache) => {
    modules.push([name, isAscii, code.length, cache.length]);
    parts.push(code, cache);
  };
  for (const [name, { code, script }] of used) {
    const bytes = Buffer.from(code);
    add(name, bytes.length === code.length, bytes, script.createCachedData());
  }
  // Another stack's program may load others.
  for (const [name, { bytes, cache, isAscii }] of known.modules) if (!used.has(name)) add(name, isAscii, bytes, cache);
  const list = Buffer.from(JSON.stringify({ modules, found: { ...known.found, ...found } }));
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32LE(list.length);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  writeSealed(file, Buffer.concat([length, list, ...parts]));
  prune(path.dirname(file));
}

/** Removes all files but the newest. */
function prune(folder) {
  const age = (file) => fs.statSync(file).mtimeMs;
  const files = fs.readdirSync(folder).map((name) => path.join(folder, name));
  for (const file of files.sort((a, b) => age(b) - age(a)).slice(KEPT)) fs.rmSync(file, { force: true });
}

module.exports = { usePackages };

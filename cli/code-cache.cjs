/**
 * Scripts with V8's code cache: what V8 has compiled once it reads back in a fraction of the time. Plain JavaScript on Node
 * alone: it runs before dependencies are installed, and in the offline kit's plugins.
 */
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const vm = require("node:vm");

/**
 * What ends a file: a comment in JavaScript. V8 doesn't check a code cache: one that a power cut has damaged crashes Node.
 *
 * @param {Buffer} data
 */
const seal = (data) => Buffer.from(`\n// sha256 ${createHash("sha256").update(data).digest("hex")}\n`);
const SEAL_LENGTH = seal(Buffer.alloc(0)).length;

/**
 * @param {string} file
 * @returns {Buffer | undefined} a file's content; undefined when there is none, or it isn't what was written
 */
function readSealed(file) {
  const all = ignore(() => fs.readFileSync(file));
  const data = all?.subarray(0, -SEAL_LENGTH);
  return data !== undefined && all.subarray(-SEAL_LENGTH).equals(seal(data)) ? data : undefined;
}

/** @param {string} file @param {Buffer} data */
function writeSealed(file, data) {
  writeWhole(file, Buffer.concat([data, seal(data)]));
}

/** Writes atomically. @param {string} file @param {Buffer} data */
function writeWhole(file, data) {
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, data);
  fs.renameSync(temporary, file);
}

/**
 * Compiles a script, with what V8 kept of it if it still fits: another Node, or other options, compile it again.
 *
 * @param {string} code
 * @param {string} filename what stack traces say
 * @param {Buffer | undefined} kept what `script.createCachedData()` has given for this very code
 * @returns {{ script: vm.Script, isFresh: boolean }} `isFresh`: V8 has compiled it now
 */
function compile(code, filename, kept) {
  const script = new vm.Script(code, { filename, ...(kept === undefined ? {} : { cachedData: kept }) });
  return { script, isFresh: kept === undefined || script.cachedDataRejected === true };
}

/** Ignores errors: without the cache all works, only slower. @template T @param {() => T} work @returns {T | undefined} */
function ignore(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}

module.exports = { compile, ignore, readSealed, writeSealed, writeWhole };

// @ts-check
/**
 * Locks between commands on this workstation, so that two `npm start` at once don't do the same set-up twice.
 * Plain JavaScript: cli/run.mjs needs it before there are dependencies.
 */
const { randomUUID } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");
const { UserError } = require("../terminal/user-error.cjs");
const { identify } = require("./process-identity.cjs");

/** What stands in a lock file: who holds it, in a form that no later process can have. */
const ownName = () => JSON.stringify(identify(process.pid) ?? { pid: process.pid });

/**
 * @param {string} owner
 * @returns {number}
 */
const pidOf = (owner) => JSON.parse(owner).pid;

/** @param {string} owner */
function isOwnerAlive(owner) {
  try {
    const pid = pidOf(owner);
    const now = identify(pid);
    if (now !== undefined) return JSON.stringify(now) === owner;
    if (owner.includes("bootId")) return false;
    process.kill(pid, 0); // Where there is no /proc.
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function readIfThere(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * The process that holds a lock. Changes nothing.
 *
 * @param {string} file
 * @returns {number | undefined} undefined when no running process holds it
 */
function holderOf(file) {
  const owner = readIfThere(file);
  return owner !== undefined && isOwnerAlive(owner) ? pidOf(owner) : undefined;
}

/**
 * Does `work` while holding the lock `file`. Waits for an owner that is alive, and takes over from one that died.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(pid: number) => void} [onWait] called once if another process has to be waited for, with its pid
 * @param {number} [limit] milliseconds to wait for it. Default: no limit
 * @returns {Promise<T>}
 * @throws {UserError} when the limit has passed
 */
async function withLock(file, work, onWait, limit = Infinity) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const mine = `${file}.${randomUUID()}`;
  const me = ownName();
  fs.writeFileSync(mine, me);
  try {
    await acquire(file, mine, onWait, Date.now() + limit);
    try {
      return await work();
    } finally {
      // Only if it is still this process's: somebody may have removed it by hand, and another process holds it now.
      if (readIfThere(file) === me) fs.rmSync(file, { force: true });
    }
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

/**
 * @param {string} file
 * @param {string} mine
 * @param {((pid: number) => void) | undefined} onWait
 * @param {number} end
 */
async function acquire(file, mine, onWait, end) {
  let waiting = false;
  while (!tryLink(mine, file)) {
    const owner = readIfThere(file);
    if (owner !== undefined && !isOwnerAlive(owner)) {
      breakLock(file, owner);
    } else if (owner !== undefined) {
      if (!waiting) onWait?.(pidOf(owner));
      waiting = true;
      if (Date.now() > end)
        throw new UserError(
          `Process ${pidOf(owner)} still holds the lock ${file}. End that process and try again, or remove the lock.`,
        );
    }
    // In every round: a lock that can't be read or broken must not make this spin.
    await sleep(waiting ? 100 : 10);
  }
}

/**
 * Linking is atomic, and the lock never exists without its owner's name in it.
 *
 * @param {string} mine
 * @param {string} file
 */
function tryLink(mine, file) {
  try {
    fs.linkSync(mine, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes a dead owner's lock; one that another process took meanwhile is put back.
 *
 * @param {string} file
 * @param {string} deadOwner
 */
function breakLock(file, deadOwner) {
  const aside = `${file}.${randomUUID()}`;
  try {
    fs.renameSync(file, aside);
    if (readIfThere(aside) !== deadOwner) fs.linkSync(aside, file);
  } catch (error) {
    if (["EPERM", "EACCES"].includes(codeOf(error) ?? ""))
      throw new UserError(`The lock ${file} of a process that died belongs to another user. Remove it: rm ${file}`);
    // Another process was faster: the next round sees what is there now.
  }
  fs.rmSync(aside, { force: true });
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;

module.exports = { holderOf, withLock };

// @ts-check
/**
 * Processes as names that are never used again: a pid is, after the process has ended or the workstation has rebooted.
 * Plain JavaScript: cli/run.mjs needs it before there are dependencies.
 */
const fs = require("node:fs");

/**
 * One process of one boot of this workstation.
 *
 * @typedef {object} ProcessIdentity
 * @property {number} pid
 * @property {string} startTime when it started, as the kernel counts it (clock ticks since boot)
 * @property {string} bootId the kernel's id of this boot
 */

/**
 * The fields in the text of /proc/<pid>/stat from the third on (the state), see proc(5). Counted after the last
 * parenthesis, since the second field, the program's name, may hold blanks and parentheses.
 *
 * @param {string} stat
 */
const statFields = (stat) => stat.slice(stat.lastIndexOf(")") + 2).split(" ");

/**
 * @param {string} stat the text of /proc/<pid>/stat
 * @returns {string | undefined} field 22; undefined for a zombie, which doesn't run any more
 */
function startTimeOf(stat) {
  const fields = statFields(stat);
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

/**
 * The identity of a running process. Linux only (it reads /proc).
 *
 * @param {number} pid
 * @returns {ProcessIdentity | undefined} undefined if there is no such process
 */
function identify(pid) {
  try {
    const startTime = startTimeOf(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
    const bootId = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return startTime === undefined ? undefined : { pid, startTime, bootId };
  } catch {
    return undefined;
  }
}

/**
 * Does that very process still run?
 *
 * @param {ProcessIdentity} identity
 */
function isAlive(identity) {
  const now = identify(identity.pid);
  return now?.startTime === identity.startTime && now.bootId === identity.bootId;
}

module.exports = { identify, isAlive, startTimeOf, statFields };

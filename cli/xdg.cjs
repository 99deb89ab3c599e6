// @ts-check
/** The user's base directories, see the XDG base directory specification. Plain JavaScript, as cli/run.mjs needs it. */
const os = require("node:os");
const path = require("node:path");

/** The user's home. HOME may be empty or relative (in services, say), and would lead into the current directory. */
function home() {
  const named = os.homedir();
  return path.isAbsolute(named) ? named : path.resolve("/", os.userInfo().homedir);
}

/**
 * The base directory that an XDG variable names; read at each call, so that tests can move it. A relative path in it is
 * invalid by the specification, and counts as unset.
 *
 * @param {"XDG_CACHE_HOME" | "XDG_STATE_HOME"} variable
 * @param {string} fallback below the user's home
 * @returns {string}
 */
function xdg(variable, fallback) {
  const value = process.env[variable];
  return value !== undefined && path.isAbsolute(value) ? value : path.join(home(), fallback);
}

/**
 * A path in the user's cache: what can be built or downloaded again at any time.
 *
 * @param {string[]} segments below `${XDG_CACHE_HOME:-~/.cache}/swarm-ha`
 */
const cachePath = (...segments) => path.join(xdg("XDG_CACHE_HOME", ".cache"), "swarm-ha", ...segments);

/**
 * A path in the user's state: what must not be lost while a local stack exists (Pulumi state, passphrase).
 *
 * @param {string[]} segments below `${XDG_STATE_HOME:-~/.local/state}/swarm-ha`
 */
const statePath = (...segments) => path.join(xdg("XDG_STATE_HOME", ".local/state"), "swarm-ha", ...segments);

module.exports = { cachePath, statePath };

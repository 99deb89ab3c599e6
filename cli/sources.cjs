/**
 * `node --require ./cli/sources.cjs`: lets Node load TypeScript of this clone, as a bundle, or by tsx where none can be
 * built. Neither checks types: `npm run typecheck` does.
 */
require("./inspect.cjs");
const { runBundle } = require("./bundle.cjs");

const { _extensions } = require("node:module");

// Node 23.11 and 24.0 have one of their own, which doesn't understand `export =`.
const before = _extensions[".ts"];

_extensions[".ts"] = (module, filename) => {
  if (runBundle(module)) return;
  if (before === undefined) delete _extensions[".ts"];
  else _extensions[".ts"] = before;
  require("tsx/cjs");
  _extensions[".ts"](module, filename);
};

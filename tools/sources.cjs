/**
 * `node --require ./tools/sources.cjs`: lets Node load TypeScript of this clone, as a bundle, or by tsx where none can be
 * made. Types are checked by `npm run typecheck` alone: here it would cost seconds at every run.
 */
const { runBundle } = require("./bundle.cjs");

const { _extensions } = require("node:module");

_extensions[".ts"] ??= (module, filename) => {
  if (runBundle(module)) return;
  delete _extensions[".ts"];
  require("tsx/cjs");
  _extensions[".ts"](module, filename);
};

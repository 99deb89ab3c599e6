/**
 * `node --require ./cli/sources.cjs`: lets Node load TypeScript of this clone, as a bundle, or by tsx where none can be
 * built. Neither checks types: `npm run typecheck` does. Where Pulumi runs the program, its SDK starts faster, too.
 */
require("./inspect.cjs");
const { runBundle } = require("./bundle.cjs");
const { keepInspectorOff } = require("./no-inspector.cjs");
const { usePackages } = require("./packages.cjs");

const { _extensions } = require("node:module");
const path = require("node:path");

const root = path.resolve(__dirname, "..");
// The SDK's runner is the main module, of the official language host and of the offline kit's.
if (/[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]run([\\/]|$)/.test(process.argv[1] ?? "")) {
  usePackages(root);
  keepInspectorOff(root);
}

// Node 23.11 and 24.0 have one of their own, which doesn't understand `export =`.
const before = _extensions[".ts"];

_extensions[".ts"] = (module, filename) => {
  if (runBundle(module)) return;
  if (before === undefined) delete _extensions[".ts"];
  else _extensions[".ts"] = before;
  require("tsx/cjs");
  _extensions[".ts"](module, filename);
};

/**
 * Keeps Pulumi's SDK from switching Node's debugger on, which it needs only to serialize functions into the state. No
 * function of this program is ever serialized (components/dynamic-provider.ts), and with a debugger each promise takes
 * V8's slow way. Source: @pulumi/pulumi, cmd/run/index.js, `initializeHooks`. Where something does serialize a function, the
 * debugger is switched on then.
 */
const Module = require("node:module");

const NAME = "@pulumi/pulumi/runtime/closure/v8Hooks.js";

/** @param {string} root the clone, whose SDK it is */
function keepInspectorOff(root) {
  const { resolve } = Module.createRequire(`${root}/package.json`);
  let file;
  try {
    file = resolve(NAME);
  } catch {
    return; // Another SDK, which doesn't have it.
  }
  const stand = new Module(file);
  stand.filename = file;
  stand.loaded = true;
  const real = () => {
    if (Module._cache[file] === stand) delete Module._cache[file];
    return Module.createRequire(`${root}/package.json`)(file);
  };
  stand.exports = {
    __esModule: true,
    isInitializedAsync: async () => {},
    getSessionAsync: () => real().getSessionAsync(),
    getScriptUrl: (id) => real().getScriptUrl(id),
  };
  Module._cache[file] = stand;
}

module.exports = { keepInspectorOff };

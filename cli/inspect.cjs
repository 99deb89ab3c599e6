/**
 * Keeps colours out of inspected errors. With colours, `util.inspect` of Node 20.20 never ends for a stack with a path such as
 * `/node_modules/@pulumi/output.ts`, which has no further slash. Pulumi's SDK prints errors of the program so, and each exception in an
 * `apply` has that path: the update would hang for minutes (measured: 177 s for each error) in place of failing.
 * Source: nodejs/node, lib/internal/util/inspect.js, markNodeModules.
 */
const util = require("node:util");

const { inspect } = util;

const plain = (value, options, ...more) =>
  inspect(value, value instanceof Error && options?.colors === true ? { ...options, colors: false } : options, ...more);

util.inspect = Object.defineProperties(plain, Object.getOwnPropertyDescriptors(inspect));

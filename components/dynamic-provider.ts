/**
 * The text of a dynamic provider. Pulumi keeps it in the state and evaluates it in a separate process.
 *
 * By default Pulumi serializes the functions. That puts this program's code into the state of every resource,
 * shows each change of it as a change of the resource, and costs a second to do. This constant loads the code by name
 * instead. So the state changes only with the path of the loader or the module, and the code that runs is always that of
 * the clone.
 *
 * @param module Path of the module, from the clone's root.
 * @param name What it exports: the provider.
 */
export function providerText(module: string, name: string): string {
  return (
    `exports.handler = () => { const load = require("node:module").createRequire(process.cwd() + "/"); ` +
    `load("./cli/sources.cjs"); return load("./${module}").${name}; };`
  );
}

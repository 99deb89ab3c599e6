/**
 * `npm run pulumi -- <arguments>`: Pulumi as found or built, with the right environment for the stack.
 *
 * The stack is what `-s` or `--stack` says, else PULUMI_STACK, else `local`.
 */
import { runPulumi, runPulumiBare } from "./engine";
import { splitStack, needsNoStack } from "./engine/arguments";
import { runMain } from "./setup/errors";

runMain(async () => {
  const { stack, rest } = splitStack(process.argv.slice(2));
  if (stack === undefined && needsNoStack(rest)) return (await runPulumiBare(rest)).code;
  return (await runPulumi(rest, { stack: stack ?? process.env["PULUMI_STACK"] ?? "local" })).code;
});

/**
 * `npm run pulumi -- <arguments>`: Pulumi as found or built, with the right environment for the stack.
 *
 * The stack is what `-s` or `--stack` says, else PULUMI_STACK, else `local`. Around an `up` it looks at what lives: before
 * it, for what a local stack can be given back; after it, for the exit code, which is 0 only if the cluster is healthy.
 */
import { docker } from "../components/platform/local/docker";
import { isLocal } from "./cluster/platform";
import { unhealthyText, verify } from "./cluster/verify";
import { runPulumi, runPulumiBare } from "./engine";
import { isWholeUp, needsNoStack, splitStack } from "./engine/arguments";
import { heal, type Healed } from "./heal";
import { runMain } from "./setup/errors";

runMain(async () => {
  const { stack: said, rest } = splitStack(process.argv.slice(2));
  if (said === undefined && needsNoStack(rest)) return (await runPulumiBare(rest)).code;
  const stack = said ?? process.env["PULUMI_STACK"] ?? "local";
  if (!isWholeUp(rest)) return (await runPulumi(rest, { stack })).code;
  const healed = await bringBack(stack);
  const { code } = await runPulumi(rest, { stack });
  if (code !== 0) return code;
  const evaluation = await verify(stack, healed?.changed === true);
  if (evaluation.status.healthy) return 0;
  // Standard output belongs to Pulumi.
  process.stderr.write(`error: the up is done, but: ${unhealthyText(stack, evaluation)}\n`);
  return 1;
});

/** Nothing for a stack elsewhere. */
async function bringBack(stack: string): Promise<Healed | undefined> {
  return isLocal(stack) ? heal(docker(), stack) : undefined;
}

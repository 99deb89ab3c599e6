/**
 * `npm run pulumi -- <arguments>`: Pulumi as found or built, with the right environment for the stack.
 *
 * The stack is what `-s` or `--stack` says, else PULUMI_STACK, else `local`. After an `up` of the whole stack it looks at
 * what lives, and names what doesn't: the exit code is 0 only if the cluster is healthy.
 */
import { lookAtPlatform } from "../cluster/platform";
import { unhealthyText, verify } from "../cluster/verify";
import { commands } from "../cluster/words";
import { runPulumi, runPulumiBare } from "../pulumi";
import { isWholeUp, needsNoStack, splitStack } from "../pulumi/arguments";
import { DEFAULT_STACK } from "../pulumi/project";
import { runMain } from "../terminal/errors";

runMain(async () => {
  const { stack: said, rest } = splitStack(process.argv.slice(2));
  if (said === undefined && needsNoStack(rest)) return (await runPulumiBare(rest)).code;
  const stack = said ?? process.env["PULUMI_STACK"] ?? DEFAULT_STACK;
  const { code } = await runPulumi(rest, { stack });
  if (!isWholeUp(rest)) return code;
  // Standard output belongs to Pulumi.
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  if (code !== 0) {
    // Why a step failed is often a machine that its own error can't tell of: paused, or gone.
    for (const { text } of (await lookAtPlatform(stack)).machines ?? []) tell(`${text}: ${commands(stack).repair}`);
    return code;
  }
  const evaluation = await verify(stack);
  if (evaluation.status.healthy) return 0;
  tell(`error: the up is done, but: ${unhealthyText(stack, evaluation)}`);
  return 1;
});

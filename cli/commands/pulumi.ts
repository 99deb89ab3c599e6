/**
 * `npm run pulumi -- <arguments>`: Pulumi as found or built, with the right environment for the stack.
 *
 * The stack: `-s` or `--stack`, else PULUMI_STACK, else `local`. After an `up` of the whole stack, it checks the cluster and
 * prints its problems: the exit code is 0 only if the cluster is healthy. With `swarm-ha:rebalance`, services are spread again;
 * a failure of that is a warning.
 */
import { lookAtPlatform } from "../cluster/platform";
import { unhealthyText, verify } from "../cluster/verify";
import { commands } from "../cluster/words";
import { rebalanceAfter } from "../operations/rebalance-after";
import { runPulumi, runPulumiBare } from "../pulumi";
import { isWholeUp, needsNoStack, splitStack } from "../pulumi/arguments";
import { DEFAULT_STACK } from "../pulumi/project";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

runMain(async () => {
  const { stack: said, rest } = splitStack(process.argv.slice(2));
  if (said === undefined && needsNoStack(rest)) return (await runPulumiBare(rest)).code;
  const stack = said ?? process.env["PULUMI_STACK"] ?? DEFAULT_STACK;
  const begun = new Date();
  const { code } = await runPulumi(rest, { stack });
  if (!isWholeUp(rest)) return code;
  // Standard output belongs to Pulumi.
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  if (code !== 0) {
    // A step often fails because a container is paused or gone, which the step's own error doesn't tell.
    for (const { text } of (await lookAtPlatform(stack)).differences ?? []) tell(`${text}: ${commands(stack).repair}`);
    return code;
  }
  const evaluation = await verify(stack, undefined, begun);
  if (!evaluation.status.healthy) {
    tell(`The up is done.\nerror: ${unhealthyText(stack, evaluation)}`);
    return 1;
  }
  await rebalanceAfter(stack, "The up is done.", createProgress(), tell);
  return 0;
});

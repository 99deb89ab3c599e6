/**
 * `npm run rebalance -- <stack> [<service>…] [--dry-run] [--yes] [--json]`: spreads the tasks of services again, over nodes
 * that were added or have returned: see cli/operations/rebalance.ts. The first failure ends it.
 *
 * A service whose data would stay behind, or that would not run for a moment, is moved only when it is named. Data that stay
 * behind want a yes, at the terminal or by `--yes`.
 */
import { liveCluster } from "../operations/cluster";
import { runCommand } from "../operations/command";
import { balancedText, rebalance, unevenText } from "../operations/rebalance";
import { liveScheduler } from "../operations/scheduler";
import { readArguments } from "../terminal/arguments";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

runMain(async () => {
  const asked = readArguments("npm run rebalance -- <stack> [<service>…] [--dry-run] [--yes] [--json]", {
    flags: ["dry-run", "yes", "json"],
    hosts: true,
  });
  const { stack, hosts: services, yes, json, "dry-run": dryRun } = asked;
  const progress = createProgress();
  return runCommand(
    rebalance(liveCluster(stack, progress), services, liveScheduler),
    { yes, json, dryRun, progress },
    (_seen, outcome) => balancedText(outcome),
    (outcome) => `error: ${unevenText(outcome)}\n`,
  );
});

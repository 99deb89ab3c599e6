/**
 * `npm run repair -- <stack> [--yes] [--dry-run] [--json]`: removes what a killed run has left, recreates or starts what
 * the platform lacks (network, containers), then takes the cheapest remedy for what is broken: see
 * cli/operations/repair.ts. Ends with exit code 0 when the cluster is healthy.
 *
 * Data loss must be confirmed, at the terminal or by `--yes`. Without a majority of the managers it refuses: that is for
 * `recover`.
 */
import { liveCluster } from "../operations/cluster";
import { runCommand } from "../operations/command";
import type { Outcome } from "../operations/operation";
import { repair, type RepairSeen, type RepairTurn } from "../operations/repair";
import { rebalanceAfter } from "../operations/rebalance-after";
import { readArguments } from "../terminal/arguments";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

runMain(async () => {
  const asked = readArguments("npm run repair -- <stack> [--yes] [--dry-run] [--json]", {
    flags: ["yes", "dry-run", "json"],
  });
  const { stack, given, yes, json, "dry-run": dryRun } = asked;
  const progress = createProgress();
  // It may be healthy although something failed, for example one of a batch that was then replaced by itself.
  const code = await runCommand(
    repair(liveCluster(stack, progress), given),
    { yes, json, dryRun, progress },
    (seen) => healthyText(stack, seen),
    (outcome) => brokenText(stack, outcome),
  );
  if (code === 0 && !dryRun) {
    await rebalanceAfter(stack, "The repair is done.", progress, (text) => process.stderr.write(text));
  }
  return code;
});

function healthyText(stack: string, { evaluation: { status } }: RepairSeen): string {
  const applications = status.problems.map((text) => `\n  ${text}`);
  const rest = applications.length === 0 ? "." : `. These problems of applications are left:${applications.join("")}`;
  return `The stack ${stack} is healthy: ${status.nodes.length} nodes${rest}\n`;
}

function brokenText(stack: string, { observed, plan, failures, error }: Outcome<RepairSeen, RepairTurn>): string {
  const stopped = plan.refused ?? error;
  const lines = [
    ...(stopped === undefined ? [] : [`Repair stops here. ${stopped}`]),
    ...[...plan.left, ...failures].map((text) => `not repaired: ${text}`),
    ...(stopped === undefined ? (observed?.evaluation.status.problems ?? []).map((text) => `still: ${text}`) : []),
  ];
  return `error: the stack ${stack} is not healthy.\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

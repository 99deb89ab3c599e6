/**
 * `npm run recover -- <stack> [--from <manager>] [--older] [--yes] [--dry-run] [--json]`: brings a swarm back whose managers have
 * lost their majority: see cli/operations/recover.ts. Ends with exit code 0 when the cluster is healthy.
 *
 * Before it forms a new cluster it asks; without a terminal it wants `--yes`. With a majority it refuses: that is for `repair`.
 */
import { liveCluster } from "../operations/cluster";
import { runCommand } from "../operations/command";
import type { Outcome } from "../operations/operation";
import { recover, type RecoverSeen, type RecoverTurn } from "../operations/recover";
import { readArguments } from "../terminal/arguments";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

const USAGE = "npm run recover -- <stack> [--from <manager>] [--older] [--yes] [--dry-run] [--json]";

runMain(async () => {
  const asked = readArguments(USAGE, { flags: ["older", "yes", "dry-run", "json"], values: ["from"] });
  const { stack, from, older, yes, json, "dry-run": dryRun } = asked;
  const progress = createProgress();
  const options = {
    older,
    given: from === undefined ? asked.given : [`--from ${from}`, ...asked.given],
    ...(from === undefined ? {} : { from }),
  };
  return runCommand(
    recover(liveCluster(stack, progress), options),
    { yes, json, dryRun, progress },
    (seen, outcome) => recoveredText(stack, seen, outcome),
    (outcome) => brokenText(stack, outcome),
  );
});

function recoveredText(stack: string, seen: RecoverSeen, { past }: Outcome<RecoverSeen, RecoverTurn>): string {
  const { problems, nodes } = seen.evaluation.status;
  const forced = past.flatMap(({ step, outcome }) => ("forces" in step && outcome !== "declined" ? [step.forces] : []));
  const lines = [
    `The stack ${stack} is healthy: ${nodes.length} nodes.`,
    ...forced.map(
      (manager) =>
        `A new cluster was formed from ${manager}. Compare services, secrets and configs with what you deploy: the last changes ` +
        "before the loss may be missing. A lost manager must never start with its old data: delete its disk.",
    ),
    ...problems.map((text) => `  ${text}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function brokenText(stack: string, { observed, plan, failures, error }: Outcome<RecoverSeen, RecoverTurn>): string {
  const stopped = plan.refused ?? error;
  const lines = [
    ...(stopped === undefined ? [] : [`Recovery stops here. ${stopped}`]),
    ...[...plan.left, ...failures].map((text) => `not recovered: ${text}`),
    ...(stopped === undefined ? (observed?.evaluation.status.problems ?? []).map((text) => `still: ${text}`) : []),
  ];
  return `error: the stack ${stack} is not healthy.\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

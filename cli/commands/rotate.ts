/**
 * `npm run rotate -- <stack> <what> [--redeploy] [--yes] [--dry-run] [--json]`: gives the stack a new secret, and makes the old
 * one worthless: see cli/operations/rotate/. It shows no secret.
 */
import { list } from "../cluster/words";
import { liveCluster } from "../operations/cluster";
import { runCommand } from "../operations/command";
import type { Outcome, Step } from "../operations/operation";
import { ROTATIONS } from "../operations/rotate";
import { liveTools, newProblems, type RotationSeen } from "../operations/rotate/rotation";
import { readArguments } from "../terminal/arguments";
import { runMain, UserError } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

const USAGE = `npm run rotate -- <stack> <${Object.keys(ROTATIONS).join("|")}> [--redeploy] [--yes] [--dry-run] [--json]`;

runMain(async () => {
  const asked = readArguments(USAGE, { flags: ["redeploy", "yes", "dry-run", "json"], hosts: true });
  const { stack, hosts: whats, given, redeploy, yes, json, "dry-run": dryRun } = asked;
  const [what, ...more] = whats;
  const rotation = what === undefined ? undefined : ROTATIONS[what];
  if (what === undefined || rotation === undefined || more.length > 0) throw new UserError(allowed(whats));
  if (redeploy && rotation.redeploys !== true) {
    const which = Object.keys(ROTATIONS).filter((name) => ROTATIONS[name]?.redeploys === true);
    throw new UserError(`--redeploy goes with ${list(which)}, not with ${what}. Usage: ${USAGE}`);
  }
  const progress = createProgress();
  const tools = liveTools(liveCluster(stack, progress), progress);
  return rotation.use(tools, { redeploy, given }, (operation) =>
    runCommand(
      operation,
      { yes, json, dryRun, progress },
      (seen) => `Rotated ${what} of the stack ${stack}. ${rotation.after(stack, seen)}\n`,
      (outcome) => failedText(stack, what, outcome),
    ),
  );
});

function failedText(
  stack: string,
  what: string,
  { error, plan, failures, observed }: Outcome<RotationSeen, Step>,
): string {
  const stopped = error ?? plan.refused;
  const found = observed === undefined ? [] : newProblems(observed.before, observed.evaluation);
  const lines =
    stopped === undefined
      ? [
          `These problems of the stack ${stack} are new since the rotation of ${what} began:`,
          ...found.map(({ text }) => `  - ${text}`),
        ]
      : [stopped];
  return `error: ${[...lines, ...failures].join("\n")}\n`;
}

function allowed(whats: readonly string[]): string {
  const lines = Object.entries(ROTATIONS).map(([name, { summary }]) => `\n  ${name}: ${summary}`);
  const [first] = whats;
  const wrong = first === undefined ? "Rotate what?" : `One of these can be rotated at a time, not ${whats.join(" ")}.`;
  return `${wrong} Allowed:${lines.join("")}\nUsage: ${USAGE}`;
}

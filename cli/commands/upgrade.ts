/**
 * `npm run upgrade -- <stack> [--reboot] [--skip-major] [--force] [--yes] [--dry-run] [--json]`: upgrades the hosts' Docker
 * engine to the version in the configuration: see cli/operations/upgrade.ts. Exit code 1 as long as a host has another one.
 *
 * `--reboot` installs the systems' updates too, and reboots the hosts that need it. `--skip-major` lets the upgrade leave out
 * major versions. `--force` lets tasks wait that have no room elsewhere.
 */
import { engineUpgradeOf } from "../cluster/platform";
import { liveCluster } from "../operations/cluster";
import { runCommand } from "../operations/command";
import type { Outcome, Step } from "../operations/operation";
import { upgrade, type UpgradeSeen } from "../operations/upgrade";
import { readArguments } from "../terminal/arguments";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

const USAGE = "npm run upgrade -- <stack> [--reboot] [--skip-major] [--force] [--yes] [--dry-run] [--json]";

runMain(async () => {
  const asked = readArguments(USAGE, { flags: ["reboot", "skip-major", "force", "yes", "dry-run", "json"] });
  const { stack: name, given, reboot, force, yes, json, "skip-major": skipMajor, "dry-run": dryRun } = asked;
  const progress = createProgress();
  const way = engineUpgradeOf(name);
  const cluster = liveCluster(name, progress);
  // Refuses a stack that isn't up, before anything is touched.
  await cluster.read();
  return runCommand(
    upgrade(cluster, { ...way, reboot, skipMajor, force, given }),
    { yes, json, dryRun, progress },
    (seen, outcome) => upgradedText(name, way.version, seen, outcome),
    (outcome) => failedText(name, outcome),
  );
});

function upgradedText(
  stack: string,
  version: string,
  { evaluation }: UpgradeSeen,
  { past }: Outcome<UpgradeSeen, Step>,
): string {
  const done = past.flatMap(({ step }) => step.hosts).length;
  const all = `All ${evaluation.matches.length} hosts of the stack ${stack} have Docker engine ${version}`;
  return done === 0 ? `${all}: nothing to do.\n` : `${all}; ${done} were upgraded now. The stack is healthy.\n`;
}

function failedText(stack: string, { error, plan, failures }: Outcome<UpgradeSeen, Step>): string {
  const stopped = error ?? plan.refused;
  const lines = [
    ...(stopped === undefined ? [] : [stopped]),
    ...failures,
    ...plan.left.map((text) => `not upgraded: ${text}`),
  ];
  return `error: ${lines.length === 0 ? `the stack ${stack} is not healthy` : lines.join("\n")}\n`;
}

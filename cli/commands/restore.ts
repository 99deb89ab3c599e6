/**
 * `npm run restore -- <stack> [--snapshot <id>] [--replace-swarm] [--yes] [--dry-run] [--json]`: restores the swarm from a
 * backup, in place of a lost one: see cli/operations/restore.ts and docs/operations/backup.md.
 */
import { storeOf } from "../cluster/backups";
import { readStack } from "../cluster/stack";
import { liveCluster } from "../operations/cluster";
import { runCommand } from "../operations/command";
import { restore } from "../operations/restore";
import { restoreWork } from "../operations/restore-work";
import { again, readArguments } from "../terminal/arguments";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

const USAGE = "npm run restore -- <stack> [--snapshot <id>] [--replace-swarm] [--yes] [--dry-run] [--json]";

runMain(async () => {
  const asked = readArguments(USAGE, { flags: ["replace-swarm", "yes", "dry-run", "json"], values: ["snapshot"] });
  const { stack, given, yes, json, snapshot, "replace-swarm": replaceSwarm, "dry-run": dryRun } = asked;
  storeOf(await readStack(stack));
  const progress = createProgress();
  const chosen = snapshot === undefined ? [] : [`--snapshot ${snapshot}`];
  const accept = again(`npm run restore -- ${stack}`, given, ...chosen, "--yes");
  return runCommand(
    restore(liveCluster(stack, progress), restoreWork, {
      replaceSwarm,
      accept,
      ...(snapshot === undefined ? {} : { snapshot }),
    }),
    { yes, json, dryRun, progress },
    ({ snapshot: restored, evaluation }) =>
      `Restored the swarm ${restored?.swarmId ?? ""} of ${stack} from ${restored?.id ?? ""}; it is healthy: ${evaluation.status.nodes.length} nodes.\n`,
    ({ error, plan, observed, failures }) =>
      `error: ${[error ?? plan.refused ?? `the stack ${stack} is not healthy`, ...failures, ...(error === undefined && plan.refused === undefined ? (observed?.evaluation.status.problems ?? []) : [])].join("\n")}\n`,
  );
});

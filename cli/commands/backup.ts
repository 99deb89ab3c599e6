/**
 * `npm run backup -- <stack> [--verify] [--list] [--interrupt] [--dry-run] [--json]`: stores the swarm's state in the
 * repository of `swarm-ha:backup`: see cli/operations/backup.ts and docs/operations/backup.md.
 */
import { listSnapshots, storeOf, type Snapshot } from "../cluster/backups";
import { readStack } from "../cluster/stack";
import { backup, backupWork, type BackupSeen } from "../operations/backup";
import { liveCluster } from "../operations/cluster";
import { runCommand } from "../operations/command";
import { readArguments } from "../terminal/arguments";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

const USAGE = "npm run backup -- <stack> [--verify] [--list] [--interrupt] [--dry-run] [--json]";

runMain(async () => {
  const asked = readArguments(USAGE, { flags: ["verify", "list", "interrupt", "dry-run", "json"] });
  const { stack, verify, list, interrupt, json, "dry-run": dryRun } = asked;
  // Without a repository, nothing may be stopped.
  const live = await readStack(stack);
  storeOf(live);
  if (list) {
    const snapshots = await listSnapshots(live);
    process.stdout.write(json ? `${JSON.stringify(snapshots, null, 2)}\n` : table(snapshots));
    return 0;
  }
  const progress = createProgress();
  return runCommand(
    backup(liveCluster(stack, progress), backupWork, { verify, interrupt }),
    { yes: false, json, dryRun, progress },
    (seen) => storedText(stack, seen),
    ({ error, plan, observed }) =>
      `error: ${error ?? plan.refused ?? `${observed?.saved?.manager ?? "the manager"} is not in service again: npm run -s status -- ${stack}`}\n`,
  );
});

function storedText(stack: string, { saved, verified }: BackupSeen): string {
  if (saved === undefined) return "";
  const away = (saved.away / 1000).toFixed(1);
  const compared = verified === true ? " A scratch restore of it has everything that the swarm has." : "";
  return `Stored the swarm of ${stack} as ${saved.snapshot}; the Docker engine of ${saved.manager} was away for ${away} s.${compared}\n`;
}

function table(snapshots: readonly Snapshot[]): string {
  if (snapshots.length === 0) return "There are no backups.\n";
  const lines = snapshots.map(({ id, time, manager, engine, swarmId }) =>
    [id, time.slice(0, 19).replace("T", " "), manager, engine, swarmId].join("  "),
  );
  return `${lines.join("\n")}\n`;
}

/**
 * `npm run replace -- <stack> <host…|--all> [--surge|--force] [--yes] [--dry-run] [--json]`: replaces hosts, for example to
 * bring in a new host image: see cli/operations/replace.ts. The first failure ends it.
 *
 * Tasks without room elsewhere need `--surge` (a spare worker takes them meanwhile) or `--force` (they wait); data loss
 * must be confirmed, at the terminal or by `--yes`.
 */
import { chosenHosts } from "../operations/chosen-hosts";
import { liveCluster } from "../operations/cluster";
import { runCommand } from "../operations/command";
import type { Outcome } from "../operations/operation";
import { replace, type ReplaceSeen, type ReplaceStep } from "../operations/replace";
import { maySurge, refuseSurge } from "../operations/surge";
import { readStackFile } from "../pulumi/project";
import { readArguments } from "../terminal/arguments";
import { runMain, UserError } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

const USAGE = "npm run replace -- <stack> <host…|--all> [--surge|--force] [--yes] [--dry-run] [--json]";

runMain(async () => {
  const asked = readArguments(USAGE, { flags: ["all", "surge", "force", "yes", "dry-run", "json"], hosts: true });
  const { stack: name, given, all, surge, force, yes, json, "dry-run": dryRun } = asked;
  if (surge && force) throw new UserError(`Use --surge or --force, not both. Usage: ${USAGE}`);
  if (asked.hosts.length === 0 && !all) throw new UserError(`Which hosts? Usage: ${USAGE}`);
  const { platform } = readStackFile(name);
  if (surge) refuseSurge(name, platform);
  const progress = createProgress();
  const cluster = liveCluster(name, progress);
  const stack = await cluster.read();
  return runCommand(
    replace(cluster, {
      hosts: chosenHosts(stack, { hosts: asked.hosts, all, createsHosts: cluster.createsHosts !== false }),
      surge,
      force,
      spares: maySurge(platform),
      given: given.filter((flag) => flag !== "--all"),
    }),
    { yes, json, dryRun, progress },
    (_seen, outcome) => replacedText(name, outcome),
    ({ error, plan, failures }) =>
      `error: ${[error ?? plan.refused ?? `the stack ${name} is not healthy`, ...failures].join("\n")}\n`,
  );
});

function replacedText(stack: string, { past }: Outcome<ReplaceSeen, ReplaceStep>): string {
  const done = past.flatMap(({ step }) => (step.kind === "replace" ? step.hosts : [])).length;
  return `Replaced ${done} ${done === 1 ? "host" : "hosts"} of the stack ${stack}; it is healthy.\n`;
}

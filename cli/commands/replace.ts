/**
 * `npm run replace -- <stack> <host…|--all> [--surge|--force] [--yes] [--dry-run] [--json]`: makes hosts anew, the way to a
 * new host image: see cli/operations/replace.ts. The first failure ends it.
 *
 * What it costs is asked before anything is touched: tasks that have no room elsewhere want `--surge` (a spare worker
 * takes them meanwhile) or `--force` (they wait), and data that is lost wants a yes, at the terminal or by `--yes`.
 */
import type { LiveStack } from "../cluster/stack";
import { list } from "../cluster/words";
import { liveCluster } from "../operations/cluster";
import { BASTION, replace } from "../operations/replace";
import { planText, reportOf } from "../operations/report";
import { runOperation } from "../operations/runner";
import { readArguments } from "../terminal/arguments";
import { runMain, UserError } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

const USAGE = "npm run replace -- <stack> <host…|--all> [--surge|--force] [--yes] [--dry-run] [--json]";

runMain(async () => {
  const asked = readArguments(USAGE, { flags: ["all", "surge", "force", "yes", "dry-run", "json"], hosts: true });
  const { stack: name, all, surge, force, yes, json, "dry-run": dryRun } = asked;
  if (surge && force) throw new UserError(`Use --surge or --force, not both. Usage: ${USAGE}`);
  if (asked.hosts.length === 0 && !all) throw new UserError(`Which hosts? Usage: ${USAGE}`);
  const progress = createProgress();
  const cluster = liveCluster(name, progress);
  const stack = await cluster.read();
  const operation = replace(cluster, { stack, hosts: chosen(stack, asked.hosts, all), surge, force });
  const outcome = await runOperation(operation, { yes, dryRun, progress });
  if (json) process.stdout.write(`${JSON.stringify(reportOf(operation, outcome, dryRun), null, 2)}\n`);
  const people = json ? process.stderr : process.stdout;
  if (dryRun) {
    people.write(planText(operation, outcome));
    return 0;
  }
  if (outcome.settled) {
    const done = outcome.past.flatMap(({ step }) => (step.kind === "replace" ? step.hosts : [])).length;
    people.write(`Replaced ${done} ${done === 1 ? "host" : "hosts"} of the stack ${name}; it is healthy.\n`);
    return 0;
  }
  const reasons = [outcome.error ?? outcome.plan.refused ?? `the stack ${name} is not healthy`, ...outcome.failures];
  process.stderr.write(`error: ${reasons.join("\n")}\n`);
  return 1;
});

function chosen({ desired }: LiveStack, hosts: readonly string[], all: boolean): string[] {
  const known = desired.nodes.map((node) => node.name);
  const unknown = hosts.filter((host) => host !== BASTION && !known.includes(host));
  if (unknown.length > 0) {
    throw new UserError(
      `The stack ${desired.stack} has no host ${list(unknown)}; its hosts are ${known.join(", ")}, besides the ${BASTION}`,
    );
  }
  return all ? known : [...new Set(hosts)];
}

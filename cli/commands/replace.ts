/**
 * `npm run replace -- <stack> <host…|--all> [--surge|--force] [--yes]`: makes hosts anew, the way to a new host image: registry nodes and workers in
 * small batches, managers one at a time, the leader last, and the cluster healthy in between. The first failure ends it.
 *
 * What it costs is asked before anything is touched: tasks that have no room elsewhere want `--surge` (a spare worker
 * takes them meanwhile) or `--force` (they wait), and data that is lost wants a yes, at the terminal or by `--yes`.
 *
 * The bastion can be one of them, and goes first: the cluster doesn't need it, and the others are reached through it.
 */
import type { Spare } from "../../plan/spare";
import { readArguments } from "../terminal/arguments";
import { askBefore } from "../operations/before-replace";
import type { Evaluation } from "../cluster/evaluate";
import { settle } from "../cluster/inspect";
import { nextBatch, obstacles } from "../operations/plan-replace";
import { prepareFor } from "../cluster/platform";
import { acceptGaps, withoutRoom } from "../operations/room";
import { readStack, up, urnOf, type LiveStack } from "../cluster/stack";
import { lendLabels, spareFor } from "../operations/surge";
import { commands, list } from "../cluster/words";
import { heal } from "../platform/local/heal";
import { runMain, SetupError } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

/** Seconds for the cluster to become healthy after a batch. */
const SETTLE_LIMIT = 180;
/** Seconds before the first one: an election takes up to 21, and load balancers up to 15 to see that a host is well again. */
const FIRST_LIMIT = 90;
/** Name of the bastion, which is no host of the cluster's, and so isn't one of all. */
const BASTION = "bastion";

runMain(async () => {
  const usage = "npm run replace -- <stack> <host…|--all> [--surge|--force] [--yes]";
  const asked = readArguments(usage, { flags: ["all", "surge", "force", "yes"], hosts: true });
  const { stack: name, hosts, all } = asked;
  if (asked.surge && asked.force) throw new SetupError(`Use --surge or --force, not both. Usage: ${usage}`);
  if (hosts.length === 0 && !all) throw new SetupError(`Which hosts? Usage: ${usage}`);
  let stack = await readStack(name);
  const todo = new Set(chosen(stack, hosts, all));
  const docker = await prepareFor(name);
  const progress = createProgress();
  if (docker !== undefined && (await heal(docker, name)).due) {
    const failure = await progress.step("Setting up the new containers", "10 to 60 s", () => up(name, []));
    if (failure !== undefined) throw new SetupError(`The new containers could not be set up.\n${failure}`);
  }
  let done = 0;
  const makeAnew = async (names: readonly string[], spare?: Spare): Promise<void> => {
    const urns = names.map((host) => urnOf(stack, host));
    const failure = await progress.step(`Replacing ${list(names)}`, "20 to 60 s", () => up(name, urns, [], spare));
    if (failure !== undefined) {
      throw new SetupError(`${list(names)} could not be replaced; ${remaining(name, todo)}\n${failure}`);
    }
    for (const host of names) todo.delete(host);
    done += names.length;
    stack = await readStack(name);
  };
  // Before the first look at the cluster, which is through it.
  if (todo.has(BASTION)) await makeAnew([BASTION]);
  let evaluation = await waitForHealth(stack, todo, FIRST_LIMIT);
  refuseObstacles(name, evaluation, todo);
  const full = todo.size === 0 ? [] : await askBefore(stack, evaluation, [...todo], asked);
  if (asked.force) await acceptGaps(stack, full);

  const changeSpare = async (what: string, spare: Spare | undefined): Promise<void> => {
    const failure = await progress.step(what, "20 to 60 s", () => up(name, [], [], spare));
    if (failure !== undefined) {
      throw new SetupError(
        `${what} failed; the next up removes a spare worker that is left: ${commands(name).up}\n${failure}`,
      );
    }
    stack = await readStack(name);
  };
  /** Replaces a host while a spare worker has its tasks. */
  const withSpare = async (host: string): Promise<void> => {
    const spare = spareFor(stack, host);
    const before = stack.desired.nodes.map((node) => node.name);
    await changeSpare(`Adding a spare worker for ${host}`, spare);
    try {
      const added = stack.desired.nodes.map((node) => node.name).filter((node) => !before.includes(node));
      await lendLabels(stack, host, added);
      const seen = await waitForHealth(stack, todo);
      refuseObstacles(name, seen, todo);
      const node = seen.matches.find(({ desired }) => desired.name === host)?.node;
      const without = node === undefined ? [] : await withoutRoom(stack, [node.id]);
      if (without.length > 0) {
        throw new SetupError(
          `${host} was not replaced: a spare worker is no room for its tasks. ${without.join(". ")}`,
        );
      }
      await makeAnew([host], spare);
      refuseObstacles(name, await waitForHealth(stack, todo), todo);
    } finally {
      await changeSpare("Removing the spare worker", undefined);
    }
  };

  while (todo.size > 0) {
    refuseObstacles(name, evaluation, todo);
    const [crowded] = full.filter((host) => todo.has(host));
    if (asked.surge && crowded !== undefined) {
      await withSpare(crowded);
      evaluation = await waitForHealth(stack, todo);
      continue;
    }
    const batch = nextBatch(todo, evaluation);
    if ("refused" in batch) throw new SetupError(`${batch.refused}. First: ${commands(name).repair}`);
    await makeAnew(batch.names);
    evaluation = await waitForHealth(stack, todo);
  }
  refuseObstacles(name, evaluation, todo);
  process.stdout.write(`Replaced ${done} ${done === 1 ? "host" : "hosts"} of the stack ${name}; it is healthy.\n`);
  return 0;
});

function chosen({ desired }: LiveStack, hosts: readonly string[], all: boolean): string[] {
  const known = desired.nodes.map((node) => node.name);
  const unknown = hosts.filter((host) => host !== BASTION && !known.includes(host));
  if (unknown.length > 0) {
    throw new SetupError(
      `The stack ${desired.stack} has no host ${list(unknown)}; its hosts are ${known.join(", ")}, besides the ${BASTION}`,
    );
  }
  return all ? known : [...new Set(hosts)];
}

async function waitForHealth(stack: LiveStack, todo: ReadonlySet<string>, limit = SETTLE_LIMIT): Promise<Evaluation> {
  return createProgress().step("Waiting until the cluster is healthy", "5 to 20 s", (note) =>
    settle(stack, { limit, note, deep: true, enough: ({ problems }) => obstacles(problems, todo).length === 0 }),
  );
}

function refuseObstacles(stack: string, { problems }: Evaluation, todo: ReadonlySet<string>): void {
  const found = obstacles(problems, todo);
  if (found.length === 0) return;
  throw new SetupError(
    `Hosts are replaced only while all others are well, and there is something wrong; ${remaining(stack, todo)}\n` +
      found.map((problem) => `  - ${problem.text}`).join("\n"),
  );
}

function remaining(stack: string, todo: ReadonlySet<string>): string {
  if (todo.size === 0) return "all that were to be replaced have been.";
  return `still to be replaced, once that is put right: ${commands(stack).replace} ${[...todo].join(" ")}`;
}

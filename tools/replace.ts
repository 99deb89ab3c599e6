/**
 * `npm run replace -- <stack> <host…|--all>`: makes hosts anew, the way to a new host image: registry nodes and workers in
 * small batches, managers one at a time, the leader last, and the cluster healthy in between. The first failure ends it.
 * The operator can be one of them, and goes first: the cluster doesn't need it, and the others are reached through it.
 */
import { readArguments } from "./cluster/arguments";
import type { Evaluation } from "./cluster/evaluate";
import { settle } from "./cluster/inspect";
import { nextBatch, obstacles } from "./cluster/plan-replace";
import { prepareFor } from "./cluster/platform";
import { readStack, up, urnOf, type LiveStack } from "./cluster/stack";
import { commands, list } from "./cluster/words";
import { heal } from "./heal";
import { runMain, SetupError } from "./setup/errors";
import { createProgress } from "./setup/progress";

/** Seconds for the cluster to become healthy after a batch. */
const SETTLE_LIMIT = 180;
/** Seconds before the first one: an election takes up to 21, and load balancers up to 15 to see that a host is well again. */
const FIRST_LIMIT = 90;
/** Name of the operator, which is no host of the cluster's, and so isn't one of all. */
const OPERATOR = "operator";

runMain(async () => {
  const usage = "npm run replace -- <stack> <host…|--all>";
  const { stack: name, hosts, all } = readArguments(usage, { flags: ["all"], hosts: true });
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
  const makeAnew = async (names: readonly string[]): Promise<void> => {
    const urns = names.map((host) => urnOf(stack, host));
    const failure = await progress.step(`Replacing ${list(names)}`, "20 to 60 s", () => up(name, urns));
    if (failure !== undefined) {
      throw new SetupError(`${list(names)} could not be replaced; ${remaining(name, todo)}\n${failure}`);
    }
    for (const host of names) todo.delete(host);
    done += names.length;
    stack = await readStack(name);
  };
  // Before the first look at the cluster, which is through it.
  if (todo.has(OPERATOR)) await makeAnew([OPERATOR]);
  let evaluation = await waitForHealth(stack, todo, FIRST_LIMIT);
  while (todo.size > 0) {
    refuseObstacles(name, evaluation, todo);
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
  const unknown = hosts.filter((host) => host !== OPERATOR && !known.includes(host));
  if (unknown.length > 0) {
    throw new SetupError(
      `The stack ${desired.stack} has no host ${list(unknown)}; its hosts are ${known.join(", ")}, besides the ${OPERATOR}`,
    );
  }
  return all ? known : [...new Set(hosts)];
}

async function waitForHealth(stack: LiveStack, todo: ReadonlySet<string>, limit = SETTLE_LIMIT): Promise<Evaluation> {
  return createProgress().step("Waiting until the cluster is healthy", "5 to 20 s", (note) =>
    settle(stack, { limit, note, enough: ({ problems }) => obstacles(problems, todo).length === 0 }),
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

/**
 * `npm run repair -- <stack>`: removes what a killed run has left, brings back what can be brought back (network,
 * containers, stopped and paused ones; see heal/), then makes what is lost anew, the operator first and managers one at a time; ends with exit code 0 when the cluster is healthy.
 *
 * It goes on past a host that can't be made just now, and then ends with exit code 1. Without a majority of the managers
 * it refuses: see docs/runbooks/lost-majority.md.
 */
import type Docker from "dockerode";
import { readArguments } from "./cluster/arguments";
import { isHost } from "./cluster/deployment";
import type { Evaluation } from "./cluster/evaluate";
import { settle } from "./cluster/inspect";
import { perform } from "./cluster/perform";
import { planRepair, stepKey, type RepairPlan, type RepairStep } from "./cluster/plan-repair";
import { prepareFor } from "./cluster/platform";
import { majority } from "./cluster/quorum";
import { readStack, up, type LiveStack } from "./cluster/stack";
import { list } from "./cluster/words";
import { heal } from "./heal";
import { listMachines, type LocalMachine } from "./platform-local";
import { runMain } from "./setup/errors";
import { createProgress } from "./setup/progress";

/** Seconds that a machine which runs gets to come to itself, before it counts as dead: an election alone takes 21. */
const COME_BACK_LIMIT = 90;
/** Seconds for the cluster to take notice of a step. */
const STEP_LIMIT = 45;

const progress = createProgress();

runMain(async () => {
  const { stack: name } = readArguments("npm run repair -- <stack>", { flags: [] });
  const docker = await prepareFor(name);
  const failures: string[] = [];
  if (docker !== undefined) failures.push(...(await bringBack(docker, name)));
  let stack = await readStack(name);
  let machines = docker === undefined ? undefined : await listMachines(docker, name);
  const tried = new Set<string>();
  const plan = (evaluation: Evaluation): RepairPlan =>
    planRepair({
      desired: stack.desired,
      evaluation,
      ...(machines === undefined ? {} : { machines }),
      others: stack.machines.filter((machine) => !isHost(machine)).map((machine) => machine.name),
      tried,
    });

  const comeBack = (): Promise<Evaluation> =>
    wait("Looking at the cluster", stack, COME_BACK_LIMIT, (seen) => isSettled(seen, plan(seen), stack, machines));
  let evaluation = await comeBack();
  for (;;) {
    const [step] = plan(evaluation).steps;
    if (step === undefined) break;
    tried.add(stepKey(step));
    const failure = await progress.step(headline(step), "10 to 60 s", () => perform(step, stack));
    if (failure !== undefined) {
      failures.push(`${list(step.names)}: ${failure}`);
      progress.info(`That failed; going on with the rest.\n${failure}`);
    }
    stack = await readStack(name);
    if (docker !== undefined) machines = await listMachines(docker, name);
    if (isWayIn(step, stack)) {
      // Only now can be seen how the rest is.
      evaluation = await comeBack();
      continue;
    }
    const doneWith = ({ problems }: Evaluation): boolean =>
      failure !== undefined || !problems.some(({ hosts }) => hosts.some((host) => step.names.includes(host)));
    evaluation = await wait("Waiting until the cluster has taken notice", stack, STEP_LIMIT, doneWith);
  }

  const { refused, left } = plan(evaluation);
  if (refused === undefined && left.length === 0) {
    evaluation = await wait(
      "Waiting until the cluster is healthy",
      stack,
      STEP_LIMIT,
      (found) => found.platformHealthy,
    );
  }
  return report(name, evaluation, refused, [...left, ...failures]);
});

/**
 * Brings back what the platform still has of the stack's machines, and does over what new containers need.
 *
 * @returns why what couldn't be brought back
 */
async function bringBack(docker: Docker, stack: string): Promise<string[]> {
  const { failures, due } = await heal(docker, stack);
  if (!due) return [...failures];
  const failure = await progress.step("Setting up the new containers", "10 to 60 s", () =>
    up(stack, [], ["--continue-on-error"]),
  );
  return failure === undefined ? [...failures] : [...failures, failure];
}

/** Whether a step makes what leads to the cluster: operator or load balancers. */
function isWayIn({ kind, names }: RepairStep, { machines }: LiveStack): boolean {
  return kind === "replace" && machines.some((machine) => names.includes(machine.name) && !isHost(machine));
}

/** Whether waiting on can't help: all is well, or what is broken doesn't run. */
function isSettled(
  { platformHealthy }: Evaluation,
  { steps, refused }: RepairPlan,
  stack: LiveStack,
  machines: readonly LocalMachine[] | undefined,
): boolean {
  if (platformHealthy) return true;
  const runs = (name: string): boolean =>
    machines?.find((machine) => machine.name === name)?.running ?? machines === undefined;
  const [first] = steps;
  if (first !== undefined && isWayIn(first, stack) && !first.names.some(runs)) return true;
  if (steps.some((step) => step.kind === "replace" && step.names.some(runs))) return false;
  const managers = stack.desired.nodes.filter((node) => node.role === "manager").map((node) => node.name);
  return refused === undefined || managers.filter(runs).length < majority(managers.length);
}

function wait(
  what: string,
  stack: LiveStack,
  limit: number,
  enough: (evaluation: Evaluation) => boolean,
): Promise<Evaluation> {
  return progress.step(what, `up to ${limit} s`, (note) => settle(stack, { limit, enough, note }));
}

function headline(step: RepairStep): string {
  const names = list(step.names);
  switch (step.kind) {
    case "replace":
      return `Making ${names} anew (${step.why})`;
    case "up":
      return `Running up for ${names} (${step.why})`;
    case "ghost":
      return `Removing ${names}, ${step.why}`;
    case "settings":
      return `Setting ${names} right (${step.why})`;
  }
}

function report(
  stack: string,
  { status, platformHealthy }: Evaluation,
  refused: string | undefined,
  left: readonly string[],
): number {
  const lines = [
    ...(refused === undefined ? [] : [`Repair stops here. ${refused}`]),
    ...left.map((text) => `not repaired: ${text}`),
    ...(refused === undefined ? status.problems.map((text) => `still: ${text}`) : []),
  ];
  if (platformHealthy) {
    const applications = status.problems.map((text) => `\n  ${text}`);
    const rest = applications.length === 0 ? "." : `. These problems of applications are left:${applications.join("")}`;
    process.stdout.write(`The stack ${stack} is healthy: ${status.nodes.length} nodes${rest}\n`);
    // Something failed at first and worked in the end, for example one of a batch that was then made by itself.
    return 0;
  }
  process.stderr.write(`error: the stack ${stack} is not healthy.\n${lines.map((line) => `  ${line}`).join("\n")}\n`);
  return 1;
}

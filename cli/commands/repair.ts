/**
 * `npm run repair -- <stack> [--yes]`: removes what a killed run has left, brings back what the platform still has (network,
 * containers, stopped and paused ones; see heal/), then climbs a ladder for what is broken, the least first: wait, start or
 * restart engines, unlock, let hosts join again, and replace last; the bastion first and managers one at a time. Ends with
 * exit code 0 when the cluster is healthy.
 *
 * Before it replaces a host whose data would be lost it asks; without a terminal it wants `--yes`. It goes on past a host
 * that can't be repaired just now, and then ends with exit code 1. Without a majority of the managers it refuses: see
 * docs/runbooks/lost-majority.md.
 */
import type Docker from "dockerode";
import { readArguments } from "../terminal/arguments";
import { confirmed } from "../terminal/confirm";
import { isHost } from "../cluster/deployment";
import type { Evaluation } from "../cluster/evaluate";
import { inspectDeep, settle, type DeepLook } from "../cluster/inspect";
import { perform } from "../operations/perform";
import { planRepair, stepKey, type RepairPlan, type RepairStep } from "../operations/plan-repair";
import { prepareFor } from "../cluster/platform";
import { majority } from "../cluster/quorum";
import { readStack, up, type LiveStack } from "../cluster/stack";
import { commands, list } from "../cluster/words";
import { heal } from "../platform/local/heal";
import { listMachines, type LocalMachine } from "../platform/local/machines";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

/** Seconds that a machine which runs gets to come to itself, before more is done to it: an election alone takes 21. */
const COME_BACK_LIMIT = 90;
/** Seconds for the cluster to take notice of a step. */
const STEP_LIMIT = 45;

const progress = createProgress();

runMain(async () => {
  const { stack: name, yes } = readArguments("npm run repair -- <stack> [--yes]", { flags: ["yes"] });
  const docker = await prepareFor(name);
  const failures: string[] = [];
  if (docker !== undefined) failures.push(...(await bringBack(docker, name)));
  let stack = await readStack(name);
  let machines = docker === undefined ? undefined : await listMachines(docker, name);
  const tried = new Set<string>();
  const plan = ({ evaluation, facts }: DeepLook): RepairPlan =>
    planRepair({
      desired: stack.desired,
      evaluation,
      facts,
      ...(machines === undefined ? {} : { machines }),
      others: stack.machines.filter((machine) => !isHost(machine)).map((machine) => machine.name),
      tried,
    });
  const ask = (): Promise<DeepLook> =>
    progress.step("Asking the hosts that aren't in service", "1 to 10 s", () =>
      inspectDeep(stack, docker === undefined ? {} : { docker }),
    );
  // What waiting can't mend ends the wait: a host that says so itself, or a machine that doesn't run.
  const comeBack = async (): Promise<DeepLook> => {
    const first = await ask();
    if (first.evaluation.status.healthy || cannotWait(plan(first), machines)) return first;
    const seen = await wait(
      "Waiting for hosts that may come back by themselves",
      stack,
      COME_BACK_LIMIT,
      (evaluation) => isSettled(evaluation, plan({ evaluation, facts: first.facts }), stack, machines),
    );
    return seen.status.healthy ? { evaluation: seen, facts: {} } : ask();
  };
  const climb = async (from: DeepLook): Promise<DeepLook> => {
    let seen = from;
    for (;;) {
      const [step] = plan(seen).steps;
      if (step === undefined) return seen;
      tried.add(stepKey(step));
      const loses = "loses" in step ? step.loses : undefined;
      if (loses !== undefined && !(await confirmed(`${headline(step)}: this loses ${loses}`, yes))) {
        for (const host of step.names) tried.add(stepKey({ ...step, names: [host] }));
        failures.push(
          `${list(step.names)} (${step.why}): nothing but a replacement is left, and it loses ${loses}. To go on with it: ` +
            `${commands(name).repair} --yes`,
        );
        continue;
      }
      const failure = await progress.step(headline(step), usually(step), () => perform(step, stack, docker));
      if (failure !== undefined) {
        failures.push(`${list(step.names)}: ${failure}`);
        progress.info(`That failed; going on with the rest.\n${failure}`);
      }
      stack = await readStack(name);
      if (docker !== undefined) machines = await listMachines(docker, name);
      if (isWayIn(step, stack)) {
        // Only now can be seen how the rest is.
        seen = await comeBack();
        continue;
      }
      const doneWith = ({ problems }: Evaluation): boolean =>
        failure !== undefined || !problems.some(({ hosts }) => hosts.some((host) => step.names.includes(host)));
      await wait("Waiting until the cluster has taken notice", stack, STEP_LIMIT, doneWith);
      seen = await ask();
    }
  };
  for (let seen = await comeBack(); ;) {
    seen = await climb(seen);
    const { refused, left } = plan(seen);
    if (refused !== undefined || left.length > 0) {
      return report(name, seen.evaluation, refused, [...left, ...failures]);
    }
    // A node that has left the swarm counts as Ready until it misses its heartbeats: then there is more to do.
    const evaluation = await wait(
      "Waiting until the cluster is healthy",
      stack,
      STEP_LIMIT,
      (found) => found.platformHealthy || plan({ evaluation: found, facts: {} }).steps.length > 0,
    );
    seen = evaluation.platformHealthy ? { evaluation, facts: {} } : await comeBack();
    if (evaluation.platformHealthy || plan(seen).steps.length === 0) {
      return report(name, seen.evaluation, undefined, [...plan(seen).left, ...failures]);
    }
  }
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

/**
 * Whether waiting can't help: the first step is for a host that can't recover by itself, and no host that runs, and so may
 * still be booting, would be replaced.
 */
function cannotWait({ steps }: RepairPlan, machines: readonly LocalMachine[] | undefined): boolean {
  const [first] = steps;
  if (first?.kind !== "engine" && first?.kind !== "unlock" && first?.kind !== "rejoin") return false;
  return !steps.some((step) => step.kind === "replace" && step.names.some((name) => runs(name, machines)));
}

/** Whether a host's machine runs; where the platform can't tell, it may. */
function runs(name: string, machines: readonly LocalMachine[] | undefined): boolean {
  return machines === undefined || machines.some((machine) => machine.name === name && machine.running);
}

/** Whether a step makes what leads to the cluster: bastion or load balancers. */
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
  const alive = (name: string): boolean => runs(name, machines);
  const [first] = steps;
  if (first !== undefined && isWayIn(first, stack) && !first.names.some(alive)) return true;
  const mayComeBack: readonly RepairStep["kind"][] = ["replace", "engine"];
  if (steps.some((step) => mayComeBack.includes(step.kind) && step.names.some(alive))) return false;
  const managers = stack.desired.nodes.filter((node) => node.role === "manager").map((node) => node.name);
  return refused === undefined || managers.filter(alive).length < majority(managers.length);
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
    case "engine":
      return `${step.action === "start" ? "Starting" : "Restarting"} the engine of ${names} (${step.why})`;
    case "unlock":
      return `Unlocking ${names} with the key that the other managers have`;
    case "rejoin":
      return `Letting ${names} join again, with its volumes and images (${step.why})`;
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

function usually({ kind }: RepairStep): string {
  return kind === "engine" || kind === "unlock" ? "5 to 40 s" : "10 to 60 s";
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

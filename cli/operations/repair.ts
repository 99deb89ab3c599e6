/**
 * Repair: climbs a ladder for each broken host, the least invasive rung first: wait, start or restart Docker engines, unlock,
 * let hosts join again, and replace last. The bastion goes first, and managers one at a time. A host that can't be repaired
 * now doesn't stop the repair of the others. The steps: plan-repair.ts and ladder.ts.
 */
import { isHost } from "../../plan/roles";
import type { Evaluation } from "../cluster/evaluate";
import type { DeepLook } from "../cluster/inspect";
import { hasExpired } from "../cluster/host-facts";
import { majority } from "../../plan/quorum";
import type { LiveStack } from "../cluster/stack";
import { commands, list } from "../cluster/words";
import { again } from "../terminal/arguments";
import type { Cluster } from "./cluster";
import type { Operation, Past, Step } from "./operation";
import type { HostTraits, PlatformInstance } from "../platform/types";
import { planRepair, stepKey, type RepairPlan, type RepairStep } from "./plan-repair";

/** Seconds for a running host to recover by itself, before more is done to it: an election alone takes up to 21. */
const COME_BACK_LIMIT = 90;
/** Seconds for the cluster to show a step's effect. */
const STEP_LIMIT = 45;

/** What a repair observes. */
export interface RepairSeen extends DeepLook {
  readonly stack: LiveStack;
  /** All instances that the platform lists. @default the platform can't list them */
  readonly instances?: readonly PlatformInstance[];
  /** Whether the program creates the hosts. @default true */
  readonly createsHosts?: boolean;
  /** See {@link HostTraits}. @default those of containers */
  readonly hostTraits?: HostTraits;
}

/** A step of a repair. */
export interface RepairTurn extends Step {
  readonly action: RepairStep;
}

/**
 * The repair of a stack.
 *
 * @param given the command's flags as they were given, such as `--json`
 */
export function repair(cluster: Cluster, given: readonly string[] = []): Operation<RepairSeen, RepairTurn> {
  return {
    name: "repair",
    exclusive: true,
    stack: cluster.stack,
    title: `repair of the stack ${cluster.stack}`,
    prepare: {
      plan: () => cluster.outstanding(),
      run: async () => {
        const { failures, setUp } = await cluster.bringBack();
        return setUp === undefined ? failures : [...failures, setUp];
      },
    },
    async observe(moment, past) {
      if (moment.kind === "end") return atEnd(cluster, moment.before, past);
      const known = await readKnown(cluster);
      // With new access to the cluster, the rest can be seen for the first time.
      if (moment.kind === "start" || replacesAccess(moment.step.action, known.stack))
        return comeBack(cluster, known, past);
      const { step, failure } = moment;
      const enough = ({ problems }: Evaluation): boolean =>
        failure !== undefined || !problems.some(({ hosts }) => hosts.some((host) => step.hosts.includes(host)));
      await waitFor(cluster, "Waiting until the cluster shows the effect", known.stack, step.limit, enough);
      return { ...known, ...(await cluster.ask(known.stack)) };
    },
    plan(seen, past) {
      const { steps, ...rest } = planOf(seen, past);
      return { steps: steps.map((step) => turn(cluster, seen.stack, step, given)), ...rest };
    },
    settled: ({ evaluation }) => evaluation.platformHealthy,
    onFailure: "go on",
  };
}

/** What is known without a look at the cluster. */
type Known = Pick<RepairSeen, "stack" | "instances" | "createsHosts" | "hostTraits">;

/** Reads the state and the platform's list, without contacting the cluster. */
export async function readKnown(cluster: Cluster): Promise<Known> {
  const stack = await cluster.read();
  const instances = await cluster.instances();
  const { createsHosts, hostTraits } = cluster;
  return {
    stack,
    ...(instances === undefined ? {} : { instances }),
    ...(createsHosts === undefined ? {} : { createsHosts }),
    ...(hostTraits === undefined ? {} : { hostTraits }),
  };
}

/** The plan that follows from what was observed, without steps that ran or were declined. */
export function planOf({ stack, ...seen }: RepairSeen, past: readonly Past<RepairTurn>[]): RepairPlan {
  const others = stack.instances.filter((instance) => !isHost(instance)).map((instance) => instance.name);
  return planRepair({ ...seen, desired: stack.desired, others, tried: new Set(past.flatMap(triedBy)) });
}

/** The keys of what was tried. Declining the loss of several hosts declines it for each of them; an unlock tries each of them. */
function triedBy({ step: { action }, outcome }: Past<RepairTurn>): string[] {
  if (outcome !== "declined" && action.kind !== "unlock") return [stepKey(action)];
  return [stepKey(action), ...action.names.map((host) => stepKey({ ...action, names: [host] }))];
}

/** A step as the runner takes it. */
export function turn(
  cluster: Cluster,
  stack: LiveStack,
  action: RepairStep,
  given: readonly string[] = [],
): RepairTurn {
  const names = list(action.names);
  const title = headline(action);
  const loses = "loses" in action ? action.loses : undefined;
  return {
    action,
    key: stepKey(action),
    title,
    usually: action.kind === "engine" || action.kind === "unlock" ? "5 to 40 s" : "10 to 60 s",
    hosts: action.names,
    limit: replacesAccess(action, stack) ? COME_BACK_LIMIT : STEP_LIMIT,
    ...(loses === undefined
      ? {}
      : {
          loses: {
            what: loses,
            question: `${title}: this loses ${loses}`,
            declined:
              `${names} (${action.why}): only a replacement is left, and it loses ${loses}. To accept that: ` +
              again(commands(cluster.stack).repair, given, "--yes"),
          },
        }),
    failed: names,
    run: () => cluster.repair(action, stack),
  };
}

/**
 * Observes the cluster, and waits for hosts that may come back by themselves. The wait ends early where it can't help: when
 * the host's own report shows that, or when its container doesn't run.
 */
async function comeBack(cluster: Cluster, known: Known, past: readonly Past<RepairTurn>[]): Promise<RepairSeen> {
  const { stack, instances } = known;
  const first = { ...known, ...(await cluster.ask(stack)) };
  const plan = planOf(first, past);
  if (first.evaluation.status.healthy || cannotWait(plan, instances) || hasNoElectors(plan, first)) return first;
  const evaluation = await waitFor(
    cluster,
    "Waiting for hosts that may come back by themselves",
    stack,
    COME_BACK_LIMIT,
    (found) => isOver(found, planOf({ ...first, evaluation: found }, past), stack, instances),
  );
  return evaluation.status.healthy ? { ...known, evaluation, facts: {} } : { ...known, ...(await cluster.ask(stack)) };
}

/** A node that has left the swarm stays Ready until it misses its heartbeats: after that, there may be more to do. */
async function atEnd(cluster: Cluster, before: RepairSeen, past: readonly Past<RepairTurn>[]): Promise<RepairSeen> {
  const seen = (evaluation: Evaluation): RepairSeen => ({ ...before, evaluation, facts: {} });
  const evaluation = await waitFor(
    cluster,
    "Waiting until the cluster is healthy",
    before.stack,
    STEP_LIMIT,
    (found) => found.platformHealthy || planOf(seen(found), past).steps.length > 0,
  );
  return evaluation.platformHealthy ? seen(evaluation) : comeBack(cluster, before, past);
}

function waitFor(
  cluster: Cluster,
  title: string,
  stack: LiveStack,
  limit: number,
  enough: (evaluation: Evaluation) => boolean,
): Promise<Evaluation> {
  return cluster.wait(title, `up to ${limit} s`, stack, { limit, enough });
}

/**
 * Whether waiting can't help: the first step is for a host that can't recover by itself, and no host that runs, and so may
 * still be booting, would be replaced.
 */
function cannotWait({ steps }: RepairPlan, instances: readonly PlatformInstance[] | undefined): boolean {
  const [first] = steps;
  if (first?.kind !== "engine" && first?.kind !== "unlock" && first?.kind !== "rejoin") return false;
  return !steps.some((step) => step.kind === "replace" && step.names.some((name) => runs(name, instances)));
}

/**
 * Whether the majority is lost because managers' certificates have expired: those come back by no wait. (Where Docker engines are
 * started first, more may be found out.)
 */
function hasNoElectors({ refused, steps }: RepairPlan, { stack, facts }: RepairSeen): boolean {
  if (refused === undefined || steps.length > 0) return false;
  const managers = stack.desired.nodes.filter((node) => node.role === "manager");
  const able = managers.filter(({ name }) => !hasExpired(facts[name]));
  return able.length < majority(managers.length);
}

/** Whether a host runs that may still come back by itself; true where the platform can't tell. */
function runs(name: string, instances: readonly PlatformInstance[] | undefined): boolean {
  return (
    instances === undefined ||
    instances.some((instance) => instance.name === name && instance.running && instance.gone === undefined)
  );
}

/** Whether a step replaces the access to the cluster: bastion or load balancers. */
function replacesAccess({ kind, names }: RepairStep, { instances }: LiveStack): boolean {
  return kind === "replace" && instances.some((instance) => names.includes(instance.name) && !isHost(instance));
}

/** Whether waiting longer can't help: the cluster is healthy, or no broken host runs. */
function isOver(
  { platformHealthy }: Evaluation,
  { steps, refused }: RepairPlan,
  stack: LiveStack,
  instances: readonly PlatformInstance[] | undefined,
): boolean {
  if (platformHealthy) return true;
  const alive = (name: string): boolean => runs(name, instances);
  const [first] = steps;
  if (first !== undefined && replacesAccess(first, stack) && !first.names.some(alive)) return true;
  const mayComeBack: readonly RepairStep["kind"][] = ["replace", "engine"];
  if (steps.some((step) => mayComeBack.includes(step.kind) && step.names.some(alive))) return false;
  const managers = stack.desired.nodes.filter((node) => node.role === "manager").map((node) => node.name);
  return refused === undefined || managers.filter(alive).length < majority(managers.length);
}

function headline(step: RepairStep): string {
  const names = list(step.names);
  switch (step.kind) {
    case "engine":
      return `${step.action === "start" ? "Starting" : "Restarting"} the Docker engine of ${names} (${step.why})`;
    case "unlock":
      return `Unlocking ${names}`;
    case "rejoin":
      return `Letting ${names} join again, with its volumes and images (${step.why})`;
    case "replace":
      return `Replacing ${names} (${step.why})`;
    case "up":
      return `Running up for ${names} (${step.why})`;
    case "stale-node":
      return `Removing ${names}, ${step.why}`;
    case "settings":
      return `Correcting ${names} (${step.why})`;
  }
}

/**
 * Spreads the tasks of services again, over nodes that were added or have returned: the swarm leaves running tasks where they
 * are. One service at a time, by its own update settings. The first failure ends it. What is moved: plan-rebalance.ts.
 *
 * A service with the order start-first isn't just updated again: the scheduler places each new task while its predecessor still
 * counts. In simulation, of services with three replicas on two nodes and a third node that was added, 84 % were as uneven after
 * that update as before. So it gets more replicas for a while (scheduler.ts), and only the tasks move that have to.
 */
import { messageOf } from "../../components/message";
import type { Placements, PlacementService } from "../cluster/placement/model";
import type { LiveStack } from "../cluster/stack";
import { commands, list } from "../cluster/words";
import { UserError } from "../terminal/errors";
import type { Cluster } from "./cluster";
import type { Loss, Operation, Outcome, Past, Plan, Step } from "./operation";
import { batchLimit, immovable, moveText, nodesOf, planMoves, surgeOf, updateLimit, type Move } from "./plan-rebalance";
import type { Scheduler } from "./scheduler";

/** Most moves of one service: preferences between zones don't count when the swarm takes tasks away, so one may not be enough. */
const MOST = 5;

/** Seconds for the cluster to show a move: the swarm has ended the update by then. */
const SETTLE_LIMIT = 10;

/** What a rebalance goes by. */
export interface RebalanceSeen {
  readonly scheduler: Scheduler;
  readonly placements: Placements;
  /** Ids of services that were moved as often as allowed. */
  readonly exhausted: ReadonlySet<string>;
}

/** A step of a rebalance. */
export interface RebalanceStep extends Step {
  readonly service: PlacementService;
  /** What it was expected to move, in words. @default nothing */
  readonly move?: string;
}

/**
 * The rebalance of a stack's services.
 *
 * @param names services; empty for all
 * @param schedulerOf reads and moves tasks
 */
export function rebalance(
  cluster: Pick<Cluster, "stack" | "read">,
  names: readonly string[],
  schedulerOf: (stack: LiveStack) => Scheduler,
): Operation<RebalanceSeen, RebalanceStep> {
  const { stack } = cluster;
  return {
    name: "rebalance",
    // While a node is drained, a count of tasks says nothing.
    exclusive: true,
    stack,
    title: `rebalance of the stack ${stack}`,
    async observe(moment, past) {
      const scheduler = moment.kind === "start" ? schedulerOf(await cluster.read()) : moment.before.scheduler;
      const placements = await scheduler.read();
      if (moment.kind === "start") refuseUnknown(stack, names, placements);
      return { scheduler, placements, exhausted: exhaustedIn(past) };
    },
    plan: (seen, past) => planRebalance(stack, names, seen, past),
    settled({ placements }) {
      const { moves, unfinished, stale } = planMoves(placements, names, new Set());
      return [moves, unfinished, stale].every(({ length }) => length === 0);
    },
    onFailure: "stop",
  };
}

/** What a rebalance has done that reached its goal: a line for each service that it moved or left. */
export function balancedText({ past, plan }: Outcome<RebalanceSeen, RebalanceStep>): string {
  const moved = past.flatMap(({ step }) => (step.move === undefined ? [] : `moved ${step.move}`));
  const left = plan.left.map((text) => `stays as it is: ${text}`);
  const what = moved.length === 0 ? "No service has to be moved." : "The services are spread evenly.";
  return [what, ...[...moved, ...left].map((line) => `  ${line}`)].map((line) => `${line}\n`).join("");
}

/** Why a rebalance didn't reach its goal. */
export function unevenText({ error, plan, failures }: Outcome<RebalanceSeen, RebalanceStep>): string {
  return [error ?? plan.refused ?? "services are still uneven", ...failures].join("\n");
}

function refuseUnknown(stack: string, names: readonly string[], { services }: Placements): void {
  const unknown = names.filter((name) => !services.some((service) => service.name === name));
  if (unknown.length > 0)
    throw new UserError(
      `The stack ${stack} has no service ${list(unknown)}. List them: ${commands(stack).docker} service ls`,
    );
}

function movesOf(past: readonly Past<RebalanceStep>[], id: string): number {
  return past.filter(({ step }) => step.service.id === id && step.move !== undefined).length;
}

function exhaustedIn(past: readonly Past<RebalanceStep>[]): Set<string> {
  return new Set(past.map(({ step }) => step.service.id).filter((id) => movesOf(past, id) >= MOST));
}

function planRebalance(
  stack: string,
  names: readonly string[],
  { scheduler, placements, exhausted }: RebalanceSeen,
  past: readonly Past<RebalanceStep>[],
): Plan<RebalanceStep> {
  const { moves, unfinished, stale, stays } = planMoves(placements, names, exhausted);
  const left = [...immovable(placements, names), ...stays];
  const uneven = planMoves(placements, names, new Set()).moves.filter(({ service }) => exhausted.has(service.id));
  const refused =
    moves.length > 0 || unfinished.length > 0 || stale.length > 0 || uneven.length === 0
      ? undefined
      : uneven
          .map((move) => `${move.service.name} is still uneven after ${MOST} moves: ${moveText(move, placements)}`)
          .join(". ");
  return {
    steps: [
      ...unfinished.map((service) => finishStep(stack, scheduler, service)),
      ...stale.map((service) => forgetStep(stack, scheduler, service)),
      ...moves.map((move) => moveStep(stack, scheduler, placements, move, movesOf(past, move.service.id))),
    ],
    left,
    ...(refused === undefined ? {} : { refused }),
  };
}

function moveStep(
  stack: string,
  scheduler: Scheduler,
  placements: Placements,
  move: Move,
  before: number,
): RebalanceStep {
  const { service, how, tasks, gap } = move;
  const { name } = service;
  const text = moveText(move, placements);
  const loses = lossOf(stack, move);
  const surge = surgeOf(move, placements, before);
  return {
    key: `move ${service.id} ${before}`,
    title: `Moving ${tasks === 1 ? "1 task" : `${tasks} tasks`} of ${name}: ${text}${gap ? "; it is down meanwhile" : ""}`,
    usually: "10 to 60 s",
    hosts: nodesOf(move, placements),
    limit: SETTLE_LIMIT,
    failed: `${name} could not be moved. Check: ${commands(stack).docker} service ps --no-trunc ${name}`,
    service,
    move: `${name}: ${text}`,
    ...(loses === undefined ? {} : { loses }),
    run: () =>
      attempt(
        how === "surge"
          ? scheduler.surge(service, surge.tasks, surge.atOnce, batchLimit(service))
          : scheduler.update(service, updateLimit(service)),
      ),
  };
}

function finishStep(stack: string, scheduler: Scheduler, service: PlacementService): RebalanceStep {
  const { id, name, replicas = 0, unfinished = replicas } = service;
  return {
    key: `finish ${id}`,
    title: `Scaling ${name} back from ${replicas} to ${unfinished} replicas, which an interrupted rebalance has left`,
    usually: "5 to 20 s",
    hosts: [],
    limit: SETTLE_LIMIT,
    failed: `${name} could not be scaled back. Check: ${commands(stack).docker} service ps --no-trunc ${name}`,
    service,
    run: () => attempt(scheduler.finish(service, batchLimit(service))),
  };
}

function forgetStep(stack: string, scheduler: Scheduler, service: PlacementService): RebalanceStep {
  const { id, name } = service;
  return {
    key: `forget ${id}`,
    title: `Removing the label of an interrupted rebalance from ${name}`,
    usually: "1 to 3 s",
    hosts: [],
    limit: SETTLE_LIMIT,
    failed: `The label of ${name} could not be removed. Check: ${commands(stack).docker} service inspect ${name}`,
    service,
    run: () => attempt(scheduler.forget(service).then(() => undefined)),
  };
}

function lossOf(stack: string, { service: { name, data } }: Move): Loss | undefined {
  if (data.length === 0) return undefined;
  const what = `the data of ${name} in ${list(data)} on the nodes that its tasks leave`;
  const question = `Moving ${name} leaves its data behind: ${list(data)}`;
  return {
    what,
    question,
    declined: `${name} was not moved. ${question}. To accept that: npm run rebalance -- ${stack} ${name} --yes`,
  };
}

/** Why some work failed: also when no manager answered, or the service was changed meanwhile. */
function attempt(work: Promise<string | undefined>): Promise<string | undefined> {
  return work.catch(messageOf);
}

/** Which services a rebalance moves, and which ones stay as they are. Pure. */
import { capacities } from "../cluster/placement/eligible";
import type { PlacementService, Placements } from "../cluster/placement/model";
import { countsOf, expectedCounts, squaresOf, totalsOf, type Counts } from "../cluster/placement/spread";
import { list } from "../cluster/words";

/** How many more tasks a node must have than another one before a service's only task moves between them. */
const MARGIN = 2;

/** What a move does to a service. */
export interface Move {
  readonly service: PlacementService;
  readonly now: Counts;
  /** What the scheduler is expected to make of it. */
  readonly expected: Counts;
  /**
   * `surge`: a service that starts tasks first gets more replicas for a while; only those tasks move that have to. `update`: all its
   * tasks are replaced.
   */
  readonly how: "surge" | "update";
  /** How many tasks have to move. */
  readonly tasks: number;
  /** Whether no task of the service runs for a moment. */
  readonly gap: boolean;
}

/** What is to be done about one service. */
export type Verdict =
  /** A fresh scheduling would not spread it better. */
  | { readonly kind: "balanced" }
  /** A fresh scheduling would, but it isn't moved; `why` is a sentence without its full stop. */
  | { readonly kind: "stays"; readonly why: string }
  | { readonly kind: "move"; readonly move: Move };

/**
 * Judges one service.
 *
 * @param named whether it was named on the command line: then what a move costs is accepted, or asked for
 */
export function judge(service: PlacementService, placements: Placements, named: boolean): Verdict {
  const { name, replicas, data, update } = service;
  if (replicas === undefined || replicas === 0) return { kind: "balanced" };
  const now = countsOf(service, placements);
  const running = placements.tasks.filter((task) => task.serviceId === service.id && task.running).length;
  const expected = expectedCounts(service, placements);
  const placed = total(expected);
  const uneven = placed === replicas && isUneven(service, placements, now, expected);
  const alone = !uneven && replicas === 1 && placed === 1 && isCrowded(service, placements, now, expected);
  if (!uneven && !alone) return { kind: "balanced" };
  const stays = (why: string): Verdict => ({ kind: "stays", why: `${name} ${why}` });
  if (service.updateState === "updating" || service.updateState === "rollback_started")
    return stays(`is being updated (${service.updateState})`);
  if (service.updateState === "paused" || service.updateState === "rollback_paused")
    return stays(`has an update that was paused (${service.updateState}). Update or roll it back first`);
  if (running !== replicas) return stays(`runs ${running} of ${replicas} tasks. Find out why first`);
  const gap = update.order === "stop-first" && (update.parallelism === 0 || update.parallelism >= replicas);
  if (data.length > 0 && !named)
    return stays(`has data on its nodes that would stay behind: ${list(data)}. To move it all the same, name it`);
  if (gap && !named) {
    const why = `would not run for a moment: it stops ${replicas === 1 ? "its only task" : "all its tasks"} before it starts new ones`;
    return stays(`${why}. To move it all the same, name it`);
  }
  // Of a single task and its copy, either one may be taken away.
  const how = update.order === "start-first" && replicas > 1 && !service.numbered ? "surge" : "update";
  const tasks = [...expected].reduce((sum, [id, count]) => sum + Math.max(0, count - (now.get(id) ?? 0)), 0);
  return { kind: "move", move: { service, now, expected, how, tasks, gap } };
}

/** Whether a fresh scheduling would spread a service better. */
function isUneven(service: PlacementService, placements: Placements, now: Counts, expected: Counts): boolean {
  const best = squaresOf(service, placements, expected);
  for (const [i, squares] of squaresOf(service, placements, now).entries()) {
    const difference = squares - (best[i] ?? squares);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Whether the node of a service's only task has clearly more tasks than the one that the scheduler would choose. */
function isCrowded(service: PlacementService, placements: Placements, now: Counts, expected: Counts): boolean {
  const at = (counts: Counts): string | undefined => [...counts].find(([, count]) => count > 0)?.[0];
  const totals = totalsOf(placements, service.id);
  const [from, to] = [at(now), at(expected)];
  if (from === undefined || to === undefined || from === to) return false;
  // Its own task is not in the totals.
  return (totals.get(from) ?? 0) + 1 - (totals.get(to) ?? 0) >= MARGIN;
}

/**
 * How many more replicas a surge takes, in all and at a time.
 *
 * With spread preferences, swarmkit's scheduler may give one more task to a group that isn't the emptiest: to any that has no more
 * than the average (measured: with 2, 1 and 0 tasks in three zones, the second zone got it 5 times of 5). Two at once reach the
 * empty one. So such a service gets more than have to move, at once, and one more at each further attempt.
 * Source: swarmkit, manager/scheduler/scheduler.go (scheduleNTasksOnSubtree).
 *
 * @param before how often the service was moved before
 */
export function surgeOf(
  { service, now, tasks }: Move,
  placements: Placements,
  before: number,
): { readonly tasks: number; readonly atOnce: number } {
  const { spread, update } = service;
  if (spread.length === 0 && before === 0)
    return { tasks, atOnce: update.parallelism === 0 ? tasks : update.parallelism };
  const most = capacities(service, placements);
  const room = [...most].reduce((sum, [id, count]) => sum + Math.max(0, count - (now.get(id) ?? 0)), 0);
  const all = Math.min(tasks + before + (spread.length === 0 ? 0 : 1), room);
  return { tasks: all, atOnce: all };
}

/** What is there after a move, as far as it is expected: for the plan of the next one. */
export function afterMove(placements: Placements, { service, expected }: Move): Placements {
  const [example] = placements.tasks.filter(({ serviceId }) => serviceId === service.id);
  if (example === undefined) return placements;
  const moved = [...expected].flatMap(([nodeId, count]) =>
    Array.from({ length: count }, () => ({ ...example, nodeId })),
  );
  return { ...placements, tasks: [...placements.tasks.filter((task) => task.serviceId !== service.id), ...moved] };
}

/** What a rebalance of all services, or of those that are named, does. */
export interface RebalancePlan {
  /** In this order; each one expects those before it to be done. */
  readonly moves: readonly Move[];
  /** Services that an interrupted rebalance has left with more replicas. */
  readonly unfinished: readonly PlacementService[];
  /** Services that one has left with its label only. */
  readonly stale: readonly PlacementService[];
  /** Services that stay as they are although they are uneven: why, a sentence each. */
  readonly stays: readonly string[];
}

/**
 * Plans the moves: services with several replicas first, because the places of single tasks follow from theirs.
 *
 * @param names services; empty for all
 * @param skip ids of services that are not to be moved again
 */
export function planMoves(placements: Placements, names: readonly string[], skip: ReadonlySet<string>): RebalancePlan {
  const moves: Move[] = [];
  const stays: string[] = [];
  let seen = placements;
  const wanted = placements.services.filter(({ name }) => names.length === 0 || names.includes(name));
  const single = ({ replicas = 0 }: PlacementService): number => Number(replicas === 1);
  const sorted = [...wanted].sort((a, b) => single(a) - single(b) || a.name.localeCompare(b.name));
  const unfinished = wanted.filter((service) => service.unfinished !== undefined);
  for (const service of sorted.filter((one) => !skip.has(one.id) && !unfinished.includes(one))) {
    const verdict = judge(service, seen, names.includes(service.name));
    if (verdict.kind === "stays") stays.push(verdict.why);
    if (verdict.kind !== "move") continue;
    moves.push(verdict.move);
    seen = afterMove(seen, verdict.move);
  }
  return { moves, unfinished, stale: wanted.filter(({ stale }) => stale === true), stays };
}

/** Why services that were named can't be moved, a sentence each; those that don't exist are left out. */
export function immovable({ services }: Placements, names: readonly string[]): string[] {
  return services.flatMap(({ name, replicas }) =>
    names.includes(name) && replicas === undefined
      ? [`${name} is a global service or a job: rebalance doesn't move those`]
      : [],
  );
}

/** `worker-1 3 → 2, worker-4 0 → 2`: the nodes whose numbers change. */
export function moveText({ now, expected }: Pick<Move, "now" | "expected">, { nodes }: Placements): string {
  const named = nodes.filter(({ id }) => now.has(id) || expected.has(id));
  return named
    .map(({ id, name }) => ({ name, from: now.get(id) ?? 0, to: expected.get(id) ?? 0 }))
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
    .map(({ name, from, to }) => `${name} ${from} → ${to}`)
    .join(", ");
}

/** Names of nodes whose number of tasks changes. */
export function nodesOf({ now, expected }: Move, { nodes }: Placements): string[] {
  return nodes.filter(({ id }) => (now.get(id) ?? 0) !== (expected.get(id) ?? 0)).map(({ name }) => name);
}

/** Seconds for one batch of a service's tasks to be replaced. */
export function batchLimit({ update }: PlacementService): number {
  return Math.ceil(60 + update.restart + update.monitor);
}

/** Seconds for a service's whole update: each batch is replaced, watched, and followed by a pause. */
export function updateLimit(service: PlacementService): number {
  const { replicas = 1, update } = service;
  const batches = update.parallelism === 0 ? 1 : Math.ceil(replicas / update.parallelism);
  return Math.ceil(60 + batches * (update.restart + update.monitor + update.delay));
}

function total(counts: Counts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

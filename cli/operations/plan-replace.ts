import type { DesiredNode } from "../../components/outputs";
import type { Evaluation } from "../cluster/evaluate";
import type { Match } from "../cluster/match";
import type { Problem } from "../cluster/model";
import { guard, votes } from "../cluster/quorum";

/** Most hosts that are replaced at once, so that the others and the workstation aren't overloaded. */
const MOST = 10;

/** The next hosts to replace, or why there are none. */
export type ReplacePlan =
  | { readonly names: readonly string[] }
  /** Why the next one may not be replaced now. */
  | { readonly refused: string };

/**
 * The hosts to replace next, of those that are still to be replaced.
 *
 * Registry nodes and workers go first, so that a fault of the new hosts affects one of them and not a manager. Managers go
 * alone, the leader last, under the quorum guard. A batch is of one pool and one zone, and at most a third of the pool. It is
 * never all of a pool or of a zone, unless that has only one host. So a replacement never costs more than the loss of a zone,
 * which the cluster tolerates.
 */
export function nextBatch(todo: ReadonlySet<string>, evaluation: Evaluation): ReplacePlan {
  const others = nextOthers(todo, evaluation);
  if (others.length > 0) return { names: others };
  const next = nextManager(todo, evaluation);
  if (next === undefined) return { names: [] };
  const { name } = next.desired;
  const reason = guard(evaluation.voters, next.node?.id ?? "");
  return reason === undefined ? { names: [name] } : { refused: `${name} can't be replaced now: ${reason}` };
}

/** The next batch of registry nodes and workers: see {@link nextBatch}. @returns nothing when none is left */
export function nextOthers(todo: ReadonlySet<string>, { matches }: Evaluation): string[] {
  const all = matches.map((match) => match.desired);
  const others = matches
    .filter((match) => !goesAlone(match) && todo.has(match.desired.name))
    // Dead ones first: their replacement loses no capacity, and adds some for the tasks of the others.
    .sort((a, b) => Number(a.node?.state === "ready") - Number(b.node?.state === "ready"))
    .map((match) => match.desired);
  const [first] = others;
  return first === undefined ? [] : batchOf(first, others, all);
}

/** The next manager, the leader last. @returns undefined when none is left */
export function nextManager(todo: ReadonlySet<string>, { matches }: Evaluation): Match | undefined {
  const last = (node: { leader: boolean } | undefined): number => (node?.leader === true ? 1 : 0);
  return matches
    .filter((match) => goesAlone(match) && todo.has(match.desired.name))
    .sort((a, b) => last(a.node) - last(b.node))[0];
}

/** Whether a host is replaced alone: a manager, or a worker that was promoted and has a vote. */
export function goesAlone({ desired, node }: Match): boolean {
  return desired.role === "manager" || (node !== undefined && votes(node));
}

function batchOf(first: DesiredNode, todo: readonly DesiredNode[], all: readonly DesiredNode[]): string[] {
  const inPool = (host: DesiredNode): boolean => host.role === first.role && host.pool === first.pool;
  const pool = all.filter(inPool).length;
  const zone = all.filter((host) => host.zone === first.zone).length;
  const size = Math.max(1, Math.min(MOST, Math.floor(pool / 3), pool - 1, zone - 1));
  return todo
    .filter((host) => inPool(host) && host.zone === first.zone)
    .slice(0, size)
    .map((host) => host.name);
}

/**
 * Problems that stop a replacement. These don't: problems that only affect hosts which are to be replaced; certificates that
 * are due, which the `up` of the replacement renews; a rotation of the CA that isn't finished, which may wait for these hosts;
 * certificates and disks that can't be read; and problems of applications, whose tasks may wait for these hosts.
 */
export function obstacles(problems: readonly Problem[], todo: ReadonlySet<string>): Problem[] {
  return problems.filter(
    ({ kind, hosts }) =>
      !["application", "renewal", "rotation", "unread"].includes(kind) &&
      (hosts.length === 0 || !hosts.every((host) => todo.has(host))),
  );
}

/** How evenly a service's tasks are spread, and how evenly the scheduler would spread them now. Pure. */
import { capacities, factOf } from "./eligible";
import type { PlacementNode, PlacementService, Placements } from "./model";

/** Tasks of a service by node id. Nodes that may run it and have none are listed with 0. */
export type Counts = ReadonlyMap<string, number>;

/** Tasks of a service that have a node, on the nodes that are Ready and Active. */
export function countsOf(service: PlacementService, placements: Placements): Map<string, number> {
  const nodes = placements.nodes.map(({ id }) => id);
  const counts = new Map([...capacities(service, placements).keys()].map((id) => [id, 0]));
  for (const { serviceId, nodeId } of placements.tasks) {
    if (serviceId === service.id && nodes.includes(nodeId)) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
  }
  return counts;
}

/**
 * Where the scheduler would place all of a service's tasks, if it had none: by its preferences, then on the node with the fewest
 * tasks of the service, then on the one with the fewest tasks. Tasks without room are left out.
 * Source: swarmkit, manager/scheduler/scheduler.go.
 */
export function expectedCounts(service: PlacementService, placements: Placements): Map<string, number> {
  const most = capacities(service, placements);
  const nodes = placements.nodes.filter(({ id }) => most.has(id));
  const totals = totalsOf(placements, service.id);
  const counts = new Map(nodes.map(({ id }) => [id, 0]));
  for (let n = 0; n < (service.replicas ?? 0); n++) {
    const free = nodes.filter(({ id }) => (counts.get(id) ?? 0) < (most.get(id) ?? 0));
    const rank = (node: PlacementNode): readonly number[] => [
      ...groupCounts(service, nodes, counts).map((level, depth) => level.get(pathOf(service, depth, node)) ?? 0),
      (totals.get(node.id) ?? 0) + (counts.get(node.id) ?? 0),
    ];
    const [best] = free
      .map((node) => ({ node, rank: rank(node) }))
      .sort((a, b) => compare(a.rank, b.rank) || a.node.name.localeCompare(b.node.name, "en", { numeric: true }));
    if (best === undefined) break;
    counts.set(best.node.id, (counts.get(best.node.id) ?? 0) + 1);
  }
  return counts;
}

/** Tasks of all services on each node that is Ready and Active, those of one service apart. */
export function totalsOf({ nodes, tasks }: Placements, without: string): Map<string, number> {
  const totals = new Map(nodes.map(({ id }) => [id, 0]));
  for (const { serviceId, nodeId } of tasks) {
    const total = totals.get(nodeId);
    if (total !== undefined && serviceId !== without) totals.set(nodeId, total + 1);
  }
  return totals;
}

/**
 * How even a distribution is, level by level: the groups of the first preference first, the nodes last. Each number is the sum of
 * the groups' squared numbers of tasks: the lower, the more even.
 */
export function squaresOf(service: PlacementService, { nodes }: Placements, counts: Counts): number[] {
  const known = nodes.filter(({ id }) => counts.has(id));
  return groupCounts(service, known, counts).map((level) =>
    [...level.values()].reduce((sum, value) => sum + value * value, 0),
  );
}

/** By level, the numbers of tasks by group: the values of the preferences down to that level. The last one has the nodes. */
function groupCounts(
  service: PlacementService,
  nodes: readonly PlacementNode[],
  counts: Counts,
): Map<string, number>[] {
  return [...service.spread.keys(), service.spread.length].map((depth) => {
    const level = new Map<string, number>();
    for (const node of nodes) {
      const path = pathOf(service, depth, node);
      level.set(path, (level.get(path) ?? 0) + (counts.get(node.id) ?? 0));
    }
    return level;
  });
}

function pathOf({ spread }: PlacementService, depth: number, node: PlacementNode): string {
  const values = spread.slice(0, depth + 1).map((key) => factOf(key, node) ?? "");
  return JSON.stringify(depth < spread.length ? values : [...values, node.id]);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

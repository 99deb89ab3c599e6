/** What the swarm makes of a service's tasks, as far as it places them: for tests of what a rebalance does. */
import { capacities } from "../../../cli/cluster/placement/eligible";
import type { Placements, PlacementService, PlacementTask } from "../../../cli/cluster/placement/model";

/** A whole number from 0 to below the given one: an order, and which of equally good nodes is chosen. */
export type Random = (below: number) => number;

/**
 * Replaces a service's tasks one at a time, in any order, as swarmkit does: with `start-first` the scheduler places a task while
 * its predecessor counts, with `stop-first` after it is gone.
 */
export function rollingUpdate(placements: Placements, service: PlacementService, random: Random): Placements {
  const others = placements.tasks.filter(({ serviceId }) => serviceId !== service.id);
  const old = placements.tasks.filter(({ serviceId }) => serviceId === service.id);
  const fresh: PlacementTask[] = [];
  for (let leaving = take(old, random); leaving !== undefined; leaving = take(old, random)) {
    const counting = service.update.order === "start-first" ? [...old, leaving, ...fresh] : [...old, ...fresh];
    const nodeId = choose({ ...placements, tasks: [...others, ...counting] }, service, random);
    // The scheduler waits until there is room: on the node that it leaves, at last.
    fresh.push({ ...leaving, nodeId: nodeId ?? leaving.nodeId });
  }
  return { ...placements, tasks: [...others, ...fresh] };
}

/**
 * Scales a service up, and down again: as swarmkit does, which takes away the tasks that are the most on their node.
 * Source: swarmkit, manager/orchestrator/replicated/services.go.
 */
export function scaled(placements: Placements, service: PlacementService, more: number, random: Random): Placements {
  let up = placements;
  for (let n = 0; n < more; n++) {
    const nodeId = choose(up, service, random);
    const [example] = up.tasks.filter(({ serviceId }) => serviceId === service.id);
    if (nodeId === undefined || example === undefined) return placements;
    up = { ...up, tasks: [...up.tasks, { ...example, nodeId }] };
  }
  const others = up.tasks.filter(({ serviceId }) => serviceId !== service.id);
  const own = up.tasks.filter(({ serviceId }) => serviceId === service.id);
  const shuffled: PlacementTask[] = [];
  for (let task = take(own, random); task !== undefined; task = take(own, random)) shuffled.push(task);
  const nth = new Map<PlacementTask, number>();
  for (const [i, task] of shuffled.entries())
    nth.set(task, shuffled.slice(0, i).filter(({ nodeId }) => nodeId === task.nodeId).length);
  const sorted = shuffled.sort((a, b) => (nth.get(a) ?? 0) - (nth.get(b) ?? 0));
  return { ...placements, tasks: [...others, ...sorted.slice(0, sorted.length - more)] };
}

function take(tasks: PlacementTask[], random: Random): PlacementTask | undefined {
  return tasks.length === 0 ? undefined : tasks.splice(random(tasks.length), 1)[0];
}

/** Where the scheduler places one more task. */
function choose(placements: Placements, service: PlacementService, random: Random): string | undefined {
  const most = capacities(service, placements);
  const count = (id: string, serviceId?: string): number =>
    placements.tasks.filter((task) => task.nodeId === id && (serviceId ?? task.serviceId) === task.serviceId).length;
  let nodes = placements.nodes.filter(({ id }) => count(id, service.id) < (most.get(id) ?? 0));
  for (const key of service.spread) {
    const group = (id: string): string =>
      placements.nodes.find((node) => node.id === id)?.labels[key.replace("node.labels.", "")] ?? "";
    const tasks = (value: string): number =>
      placements.tasks.filter(({ serviceId, nodeId }) => serviceId === service.id && group(nodeId) === value).length;
    const least = Math.min(...nodes.map(({ id }) => tasks(group(id))));
    const [chosen] = nodes.filter(({ id }) => tasks(group(id)) === least);
    nodes = nodes.filter(({ id }) => chosen !== undefined && group(id) === group(chosen.id));
  }
  for (const rank of [(id: string) => count(id, service.id), (id: string) => count(id)]) {
    const least = Math.min(...nodes.map(({ id }) => rank(id)));
    nodes = nodes.filter(({ id }) => rank(id) === least);
  }
  return nodes[random(nodes.length)]?.id;
}

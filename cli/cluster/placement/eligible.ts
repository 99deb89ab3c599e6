/**
 * How many tasks of a service each node may take: the filters of swarmkit's scheduler. `scripts/lib/room.sh` has the same
 * rules in jq, because a drain asks for them on the bastion: change both.
 * Source: swarmkit, manager/scheduler/filter.go and manager/constraint.
 */
import type { PlacementNode, PlacementService, Placements } from "./model";

/** Nodes that may run a service, and the most tasks of it that each can have: all others' tasks stay where they are. */
export function capacities(service: PlacementService, { nodes, services, tasks }: Placements): Map<string, number> {
  const byId = new Map(services.map((one) => [one.id, one]));
  const found = new Map<string, number>();
  for (const node of nodes) {
    if (!service.constraints.every((constraint) => meets(constraint, node)) || !platformFits(service, node)) continue;
    const others = tasks.filter(({ nodeId, serviceId }) => nodeId === node.id && serviceId !== service.id);
    const taken = new Set(others.flatMap(({ serviceId }) => byId.get(serviceId)?.hostPorts ?? []));
    const free = (which: "nanoCpus" | "memory"): number =>
      node[which] - others.reduce((sum, task) => sum + task[which], 0);
    const limits = [
      service.nanoCpus > 0 ? Math.floor(free("nanoCpus") / service.nanoCpus) : Infinity,
      service.memory > 0 ? Math.floor(free("memory") / service.memory) : Infinity,
      service.maxPerNode > 0 ? service.maxPerNode : Infinity,
      service.hostPorts.length === 0 ? Infinity : service.hostPorts.some((port) => taken.has(port)) ? 0 : 1,
    ];
    const most = Math.max(0, Math.min(...limits));
    if (most > 0) found.set(node.id, most);
  }
  return found;
}

/** Whether a node meets a constraint. One that can't be told here, such as an address range, counts as met. */
export function meets(constraint: string, node: PlacementNode): boolean {
  const [, key = "", operator, value = ""] = /^\s*([^=!\s]+)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? [];
  const fact = factOf(key, node);
  if (fact === undefined) return true;
  return (fact.toLowerCase() === value.toLowerCase()) === (operator === "==");
}

/** A node's value for a key of constraints and of spread preferences; undefined when it can't be told here. */
export function factOf(key: string, node: PlacementNode): string | undefined {
  const folded = key.toLowerCase();
  if (folded.startsWith("node.labels.")) return node.labels[key.slice("node.labels.".length)] ?? "";
  if (folded.startsWith("engine.labels.")) return node.engineLabels[key.slice("engine.labels.".length)] ?? "";
  const facts: Readonly<Record<string, string>> = {
    "node.id": node.id,
    "node.hostname": node.name,
    "node.role": node.role,
    "node.platform.os": node.os,
    "node.platform.arch": node.architecture,
  };
  return facts[folded];
}

function platformFits({ platforms }: PlacementService, node: PlacementNode): boolean {
  if (platforms.length === 0) return true;
  const same = (wanted: string, found: string): boolean => wanted === "" || fold(wanted) === fold(found);
  return platforms.some(({ os, architecture }) => same(os, node.os) && same(architecture, node.architecture));
}

/** Docker images and kernels name the same processors differently. */
function fold(name: string): string {
  const lower = name.toLowerCase();
  return lower === "x86_64" ? "amd64" : lower === "aarch64" ? "arm64" : lower;
}

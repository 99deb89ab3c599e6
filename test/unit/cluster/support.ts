import type { DesiredNode } from "../../../components/outputs";
import type { Role } from "../../../plan/roles";
import { desiredAvailability, desiredLabels } from "../../../cli/cluster/labels";
import type { Desired, Live, LiveMember, LiveNode } from "../../../cli/cluster/model";

/** The moment at which all tests look. */
export const NOW = new Date("2030-01-02T03:04:05Z");

/** Cluster id of the stack under test. */
export const SWARM = "swarm-of-the-stack";

function host(role: Role, pool: string, n: number): DesiredNode {
  return {
    name: `${pool}-${n}`,
    role,
    pool,
    zone: ["a", "b", "c"][(n - 1) % 3] ?? "a",
    address: `10.0.${n}.1`,
    identity: `instance-${pool}-${n}`,
    labels: role === "worker" ? { storage: "ssd" } : {},
  };
}

/** What a stack of that size wants. */
export function wanted(managers = 3, registries = 3, workers = 3): Desired {
  const several = (role: Role, pool: string, count: number): DesiredNode[] =>
    Array.from({ length: count }, (_, i) => host(role, pool, i + 1));
  return {
    stack: "local",
    swarmId: SWARM,
    nodes: [
      ...several("manager", "manager", managers),
      ...several("registry", "registry", registries),
      ...several("worker", "worker", workers),
    ],
    loadBalancers: { manager: { url: "tcp://127.0.0.1:2376" } },
    renewalDays: 30,
  };
}

/** The node of a host with which all is well; the first manager leads. */
export function nodeOf(desired: DesiredNode, change: Partial<LiveNode> = {}): LiveNode {
  const manager = desired.role === "manager";
  return {
    id: `id-${desired.name}`,
    hostname: desired.name,
    role: manager ? "manager" : "worker",
    availability: desiredAvailability(desired),
    state: "ready",
    message: "",
    labels: desiredLabels(desired),
    engineLabels: desired.labels,
    engine: "26.1.5+dfsg1",
    leader: desired.name === "manager-1",
    reachability: manager ? "reachable" : "",
    updatedAt: "2030-01-02T03:00:05Z",
    ...change,
  };
}

/** A swarm in which all is well, but for the changes by node name; `undefined` takes a node out. */
export function nodesOf(
  desired: Desired,
  changes: Readonly<Record<string, Partial<LiveNode> | undefined>> = {},
  extra: readonly LiveNode[] = [],
): LiveNode[] {
  const kept = desired.nodes.filter((one) => !(one.name in changes) || changes[one.name] !== undefined);
  return [...kept.map((one) => nodeOf(one, changes[one.name])), ...extra];
}

/** What is found when every manager that is up tells of these nodes and the load balancer follows the managers. */
export function found(desired: Desired, nodes: readonly LiveNode[], change: Partial<Live> = {}): Live {
  const managers = desired.nodes.filter((one) => one.role === "manager");
  const ready = (name: string): boolean => nodes.some((node) => node.hostname === name && node.state === "ready");
  return {
    now: NOW,
    answers: managers.map(({ name }) =>
      ready(name)
        ? { name, answered: true, localState: "active", swarmId: SWARM, nodes }
        : { name, answered: false, seen: "10.0.0.1:2376 from the bastion: connection refused" },
    ),
    loadBalancers: { manager: managers.map(({ name }) => member(name, ready(name))) },
    certificates: [],
    ...change,
  };
}

/** A member of a load balancer. */
export function member(name: string, up: boolean): LiveMember {
  return { name, up, check: up ? "UP L7OK" : "DOWN L4CON", seconds: 35 };
}

import { allFacts } from "../cli/platform/facts";
import { textAt, UNKNOWN, valueAt, type Planned } from "./planned";

/** The property of a machine's inputs that says what it is for; undefined of what is no machine. */
function labelsOf(type: string): string | undefined {
  return allFacts().find(({ types }) => types.machine === type)?.types.labels;
}

/** Type tokens of machines, of all platforms. */
export function machineTypes(): readonly string[] {
  return allFacts().map(({ types }) => types.machine);
}

/** The tiers of hosts. */
export const HOST_ROLES = ["manager", "registry", "worker"] as const;
/** See {@link HOST_ROLES}. */
export type HostRole = (typeof HOST_ROLES)[number];

/** What a machine's labels or tags say about it. */
export interface MachineFacts {
  /** Name in the stack. */
  readonly name: string;
  /** `manager`, `registry`, `worker`, `bastion` or `load-balancer`. */
  readonly role: string;
  /** Failure zone; `all` of what spans them. */
  readonly zone: string;
  /** Pool of a worker; the tier of other hosts. */
  readonly pool: string;
}

/** What a machine is for; undefined of what is no machine of ours, {@link UNKNOWN} while its labels or tags are. */
export function roleOf({ type, inputs }: Pick<Planned, "type" | "inputs">): string | typeof UNKNOWN | undefined {
  const property = labelsOf(type);
  if (property === undefined) return undefined;
  return valueAt(inputs, property, "swarm-ha.role") === UNKNOWN ? UNKNOWN : textAt(inputs, property, "swarm-ha.role");
}

/**
 * Facts about a machine, all from what is written on it. What has no pool, bastion and load balancers, is one by itself.
 *
 * @returns undefined for what is no machine of ours
 */
export function machineFacts({
  type,
  name,
  inputs,
}: Pick<Planned, "type" | "name" | "inputs">): MachineFacts | undefined {
  const property = labelsOf(type);
  const labels = property === undefined ? undefined : valueAt(inputs, property);
  const role = textAt(labels, "swarm-ha.role");
  if (role === undefined) return undefined;
  const host = textAt(labels, "swarm-ha.host") ?? name;
  return {
    name: host,
    role,
    zone: textAt(labels, "swarm-ha.zone") ?? "unknown",
    pool: textAt(labels, "swarm-ha.pool") ?? host,
  };
}

/** Whether it is one of the swarm's hosts, and not bastion or load balancer. */
export function isHost<T extends { readonly role: string }>(machine: T): machine is T & { readonly role: HostRole } {
  return (HOST_ROLES as readonly string[]).includes(machine.role);
}

import { textAt, UNKNOWN, valueAt, type Planned } from "./planned";

/** Type of a machine on AWS. */
export const INSTANCE = "aws:ec2/instance:Instance";

/** Types of resources that are machines, and the property that says what each is for. */
const MACHINES: Readonly<Record<string, string>> = {
  "pulumi-nodejs:dynamic/swarm-ha:Machine": "labels",
  [INSTANCE]: "tags",
};

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
  const property = MACHINES[type];
  if (property === undefined) return undefined;
  return valueAt(inputs, property, "swarm-ha.role") === UNKNOWN ? UNKNOWN : textAt(inputs, property, "swarm-ha.role");
}

/**
 * Facts about a machine, all from what is written on it. The pool is in no label of a local machine: there it is what
 * the name has before its number, as the documentation of `swarm-ha:workers` promises.
 *
 * @returns undefined for what is no machine of ours
 */
export function machineFacts({
  type,
  name,
  inputs,
}: Pick<Planned, "type" | "name" | "inputs">): MachineFacts | undefined {
  const property = MACHINES[type];
  const labels = property === undefined ? undefined : valueAt(inputs, property);
  const role = textAt(labels, "swarm-ha.role");
  if (role === undefined) return undefined;
  const host = textAt(labels, "swarm-ha.host") ?? name;
  return {
    name: host,
    role,
    zone: textAt(labels, "swarm-ha.zone") ?? "unknown",
    pool: textAt(labels, "swarm-ha.pool") ?? host.replace(/-\d+$/, ""),
  };
}

/** Whether it is one of the swarm's hosts, and not bastion or load balancer. */
export function isHost<T extends { readonly role: string }>(machine: T): machine is T & { readonly role: HostRole } {
  return (HOST_ROLES as readonly string[]).includes(machine.role);
}

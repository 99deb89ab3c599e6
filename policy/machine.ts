import { allFacts } from "../cli/platform/facts";
import { LABELS } from "../plan/labels";
import { textAt, UNKNOWN, valueAt, type Planned } from "./planned";

/** The property of a machine's inputs that says what it is for; undefined of what is no machine. */
function labelsOf(type: string): string | undefined {
  return allFacts().find(({ types }) => types.machine === type)?.types.labels;
}

/** Type tokens of machines, of all platforms. */
export function machineTypes(): readonly string[] {
  return allFacts().map(({ types }) => types.machine);
}

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
  return valueAt(inputs, property, LABELS.role) === UNKNOWN ? UNKNOWN : textAt(inputs, property, LABELS.role);
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
  const role = textAt(labels, LABELS.role);
  if (role === undefined) return undefined;
  const host = textAt(labels, LABELS.host) ?? name;
  return {
    name: host,
    role,
    zone: textAt(labels, LABELS.zone) ?? "unknown",
    pool: textAt(labels, LABELS.pool) ?? host,
  };
}

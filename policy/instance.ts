import { allFacts } from "../cli/platform/facts";
import { LABELS } from "../plan/labels";
import { textAt, UNKNOWN, valueAt, type Planned } from "./planned";

/** The input of an instance that holds its labels or tags; undefined for other types. */
function labelsOf(type: string): string | undefined {
  return allFacts().find(({ types }) => types.instance === type)?.types.labels;
}

/** Type tokens of instances, of all platforms. */
export function instanceTypeTokens(): readonly string[] {
  return allFacts().map(({ types }) => types.instance);
}

/** What an instance's labels or tags say about it. An instance is an EC2 instance, or a container of a local stack. */
export interface InstanceFacts {
  /** Name in the stack. */
  readonly name: string;
  /** `manager`, `registry`, `worker`, `bastion` or `load-balancer`. */
  readonly role: string;
  /** Failure zone; `all` if it spans them. */
  readonly zone: string;
  /** Pool of a worker; the tier of other hosts. */
  readonly pool: string;
}

/** Role of an instance. Undefined if it isn't one of ours, {@link UNKNOWN} while its labels or tags are unknown. */
export function roleOf({ type, inputs }: Pick<Planned, "type" | "inputs">): string | typeof UNKNOWN | undefined {
  const property = labelsOf(type);
  if (property === undefined) return undefined;
  return valueAt(inputs, property, LABELS.role) === UNKNOWN ? UNKNOWN : textAt(inputs, property, LABELS.role);
}

/**
 * Facts about an instance, from its labels or tags. Bastion and load balancers have no pool: each is a pool of its own.
 *
 * @returns undefined if it isn't one of ours
 */
export function instanceFacts({
  type,
  name,
  inputs,
}: Pick<Planned, "type" | "name" | "inputs">): InstanceFacts | undefined {
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

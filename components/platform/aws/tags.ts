import { LABELS, THROWAWAY } from "../../../plan/labels";

/**
 * Tags of a stack's resources on AWS: the same names as labels on other platforms. The stack's
 * own is on every resource, by the provider. Role and zone are only on instances and load balancers, because
 * the commands find them in the state by these.
 */
export const TAGS = {
  ...LABELS,
  throwaway: THROWAWAY,
  /** Of a host key: ARN of the one instance that may read it. */
  reader: "swarm-ha.reader",
} as const;

/** Values for the tags of an instance or of one of its resources. */
export interface Tagged {
  /** Name in the stack. */
  readonly name: string;
  readonly role: string;
  readonly zone: string;
  readonly pool?: string;
}

/** Tags of an instance. */
export function instanceTags(stack: string, { name, role, zone, pool }: Tagged): Record<string, string> {
  return {
    Name: `${stack}-${name}`,
    [TAGS.host]: name,
    [TAGS.role]: role,
    [TAGS.zone]: zone,
    ...(pool === undefined ? {} : { [TAGS.pool]: pool }),
  };
}

/** Tags of other resources. */
export function nameTag(stack: string, name: string): Record<string, string> {
  return { Name: `${stack}-${name}` };
}

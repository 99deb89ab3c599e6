import { LABELS, THROWAWAY } from "../../../plan/labels";

/**
 * Tags of what a stack has on AWS: the names that labels have on other platforms, for the same things. The stack's
 * own is on every resource, by the provider; role and zone are on machines and load balancers alone, because that is how
 * the tools tell them in the state.
 */
export const TAGS = {
  ...LABELS,
  throwaway: THROWAWAY,
  /** Of a host key: ARN of the one instance that may read it. */
  reader: "swarm-ha.reader",
} as const;

/** What a machine, or something that belongs to it, is tagged with. */
export interface Tagged {
  /** Name in the stack. */
  readonly name: string;
  readonly role: string;
  readonly zone: string;
  readonly pool?: string;
}

/** Tags of a machine. */
export function machineTags(stack: string, { name, role, zone, pool }: Tagged): Record<string, string> {
  return {
    Name: `${stack}-${name}`,
    [TAGS.host]: name,
    [TAGS.role]: role,
    [TAGS.zone]: zone,
    ...(pool === undefined ? {} : { [TAGS.pool]: pool }),
  };
}

/** Tags of what is no machine. */
export function nameTag(stack: string, name: string): Record<string, string> {
  return { Name: `${stack}-${name}` };
}

/** Hosts that the next `up` would create or remove, because the configuration has changed since the last one. */
import { planHosts } from "../../plan/placement";
import { readStackConfig } from "../pulumi/config";
import type { LiveStack } from "./stack";

/** Names of hosts. */
export interface PendingHosts {
  /** The configuration wants them, and no `up` has created them. */
  readonly lacking: readonly string[];
  /** The stack has them, and the configuration doesn't want them any more. */
  readonly extra: readonly string[];
}

type Named = readonly { readonly name: string }[];

/** Compares the configuration's hosts with the state's. Pure. */
export function pendingHosts(planned: Named, nodes: Named): PendingHosts {
  const without = (all: Named, others: Named): string[] =>
    all.flatMap(({ name }) => (others.some((other) => other.name === name) ? [] : [name]));
  return { lacking: without(planned, nodes), extra: without(nodes, planned) };
}

/** The same for a stack and its file. Where the configuration isn't valid there are none: an `up` says so, and changes nothing. */
export function pendingHostsOf({ stack, desired }: LiveStack): PendingHosts {
  const config = readStackConfig(stack);
  return config === undefined ? { lacking: [], extra: [] } : pendingHosts(planHosts(config), desired.nodes);
}

import { isHost, machineFacts, type HostRole, type MachineFacts } from "../../policy/machine";
import type { Change, ChangeKind } from "./preview";

/** A machine, and what happens to it. */
export interface ReviewedMachine extends MachineFacts {
  readonly kind: ChangeKind;
  /** Where it is now; of an added one, nothing. */
  readonly zoneBefore?: string;
  /** Properties that make the difference, as far as the provider tells. */
  readonly reasons: readonly string[];
}

/** A host of the swarm. */
export type ReviewedHost = ReviewedMachine & { readonly role: HostRole };

/** All machines of a preview: hosts, operator, and load balancers, where they are machines. In the order of names. */
export function machinesOf(changes: readonly Change[]): ReviewedMachine[] {
  const machines = changes.flatMap(({ kind, before, after, reasons }): ReviewedMachine[] => {
    const was = before === undefined ? undefined : machineFacts(before);
    const facts = (after === undefined ? undefined : machineFacts(after)) ?? was;
    if (facts === undefined) return [];
    return [{ ...facts, kind, ...(was === undefined ? {} : { zoneBefore: was.zone }), reasons }];
  });
  return machines.sort((a, b) => byName(a.name, b.name));
}

/** The hosts of the swarm among them. */
export function hostsOf(changes: readonly Change[]): ReviewedHost[] {
  return machinesOf(changes).filter(isHost);
}

/** Whether it is there before the update. */
export function wasThere({ kind }: { readonly kind: ChangeKind }): boolean {
  return kind !== "added";
}

/** Whether it will be there after the update. */
export function willBeThere({ kind }: { readonly kind: ChangeKind }): boolean {
  return kind !== "removed";
}

const COUNTING = new Intl.Collator("en", { numeric: true });

/** Names in the order in which people count: `worker-2` before `worker-10`. */
export function byName(a: string, b: string): number {
  return COUNTING.compare(a, b);
}

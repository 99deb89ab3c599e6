import { isHost, type Role } from "../../plan/roles";
import { instanceFacts, type InstanceFacts } from "../../policy/instance";
import { allFacts } from "../platform/facts";
import { stepsAgain } from "./steps";
import type { Change, ChangeKind } from "./preview";

/** A machine, and what happens to it. */
export interface ReviewedMachine extends InstanceFacts {
  readonly kind: ChangeKind;
  /** Where it is now; of an added one, nothing. */
  readonly zoneBefore?: string;
  /** Properties that make the difference, as far as the provider tells. */
  readonly reasons: readonly string[];
  /** Whether it stays, and the step that sets it up runs again. */
  readonly setUpAgain: boolean;
}

/** A host of the swarm. */
export type ReviewedHost = ReviewedMachine & { readonly role: Role };

/** All machines of a preview: hosts, bastion, and load balancers, where they are machines. In the order of names. */
export function machinesOf(changes: readonly Change[]): ReviewedMachine[] {
  const again = stepsAgain(changes);
  const machines = changes.flatMap(({ kind, before, after, reasons }): ReviewedMachine[] => {
    const was = before === undefined ? undefined : instanceFacts(before);
    const facts = (after === undefined ? undefined : instanceFacts(after)) ?? was;
    if (facts === undefined) return [];
    const setUpAgain = (kind === "unchanged" || kind === "updated") && again.has(`prepare-${facts.name}`);
    return [{ ...facts, kind, ...(was === undefined ? {} : { zoneBefore: was.zone }), reasons, setUpAgain }];
  });
  return machines.sort((a, b) => byName(a.name, b.name));
}

/** The hosts of the swarm among them. */
export function hostsOf(changes: readonly Change[]): ReviewedHost[] {
  return machinesOf(changes).filter(isHost);
}

/** A machine or a load balancer of a cloud, and what happens to it. */
export interface ReviewedWayIn {
  readonly name: string;
  readonly kind: ChangeKind;
  readonly reasons: readonly string[];
}

/** Load balancers, be they machines or a cloud's, in the order of names. */
export function loadBalancersOf(machines: readonly ReviewedMachine[], changes: readonly Change[]): ReviewedWayIn[] {
  const types = allFacts().flatMap((platform) => platform.types.loadBalancers);
  return [
    ...machines.filter(({ role }) => role === "load-balancer"),
    ...changes.filter(({ type }) => types.includes(type)),
  ].sort((a, b) => byName(a.name, b.name));
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

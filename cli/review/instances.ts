import { isHost, type Role } from "../../plan/roles";
import { instanceFacts, type InstanceFacts } from "../../policy/instance";
import { allFacts } from "../platform/facts";
import { stepsAgain } from "./steps";
import type { Change, ChangeKind } from "./preview";

/** An instance, and what happens to it. */
export interface ReviewedInstance extends InstanceFacts {
  readonly kind: ChangeKind;
  /** Its zone before the update. @default it is added */
  readonly zoneBefore?: string;
  /** Changed properties, if the provider reports them. */
  readonly reasons: readonly string[];
  /** Whether it stays, and its prepare step runs again. */
  readonly setUpAgain: boolean;
}

/** A host of the swarm. */
export type ReviewedHost = ReviewedInstance & { readonly role: Role };

/** All instances of a preview: hosts, bastion, and load balancers that are instances. In the order of names. */
export function instancesOf(changes: readonly Change[]): ReviewedInstance[] {
  const again = stepsAgain(changes);
  const instances = changes.flatMap(({ kind, before, after, reasons }): ReviewedInstance[] => {
    const was = before === undefined ? undefined : instanceFacts(before);
    const facts = (after === undefined ? undefined : instanceFacts(after)) ?? was;
    if (facts === undefined) return [];
    const setUpAgain = (kind === "unchanged" || kind === "updated") && again.has(`prepare-${facts.name}`);
    return [{ ...facts, kind, ...(was === undefined ? {} : { zoneBefore: was.zone }), reasons, setUpAgain }];
  });
  return instances.sort((a, b) => byName(a.name, b.name));
}

/** The hosts of the swarm among them. */
export function hostsOf(changes: readonly Change[]): ReviewedHost[] {
  return instancesOf(changes).filter(isHost);
}

/** A load balancer or the bastion, and what happens to it. */
export interface ReviewedEntryPoint {
  readonly name: string;
  readonly kind: ChangeKind;
  readonly reasons: readonly string[];
}

/** Load balancers: instances, and those of a cloud, in the order of names. */
export function loadBalancersOf(
  instances: readonly ReviewedInstance[],
  changes: readonly Change[],
): ReviewedEntryPoint[] {
  const types = allFacts().flatMap((platform) => platform.types.loadBalancers);
  return [
    ...instances.filter(({ role }) => role === "load-balancer"),
    ...changes.filter(({ type }) => types.includes(type)),
  ].sort((a, b) => byName(a.name, b.name));
}

/** Whether it exists before the update. */
export function wasThere({ kind }: { readonly kind: ChangeKind }): boolean {
  return kind !== "added";
}

/** Whether it exists after the update. */
export function willBeThere({ kind }: { readonly kind: ChangeKind }): boolean {
  return kind !== "removed";
}

const COUNTING = new Intl.Collator("en", { numeric: true });

/** Compares names by number: `worker-2` before `worker-10`. */
export function byName(a: string, b: string): number {
  return COUNTING.compare(a, b);
}

import { allFacts } from "../platform/facts";
import { byKind } from "./by-kind";
import {
  loadBalancersOf,
  wasThere,
  willBeThere,
  type ReviewedHost,
  type ReviewedMachine,
  type ReviewedWayIn,
} from "./machines";
import type { Change } from "./preview";
import { inPlace, type TierReview } from "./tiers";
import { names } from "./words";

/** What happens to the ways in: load balancers, ingress, bastion. Each only where something happens to it. */
export function reviewWaysIn(
  machines: readonly ReviewedMachine[],
  hosts: readonly ReviewedHost[],
  changes: readonly Change[],
  steps: ReadonlySet<string>,
): TierReview[] {
  const balancers = loadBalancersOf(machines, changes);
  const bastions = machines.filter(({ role }) => role === "bastion");
  const workers = hosts.filter(({ role }) => role === "worker");
  return [
    row("load balancers", balancers, balancerSentences(balancers, changes)),
    row("ingress", workers, ingressSentences(workers, steps)),
    row("bastion", bastions, bastionSentences(bastions)),
  ].filter(({ sentences }) => sentences.length > 0);
}

function row(name: string, members: readonly ReviewedWayIn[], sentences: readonly string[]): TierReview {
  return { name, before: members.filter(wasThere).length, after: members.filter(willBeThere).length, sentences };
}

function balancerSentences(balancers: readonly ReviewedWayIn[], changes: readonly Change[]): string[] {
  const { added, removed, replaced } = byKind(balancers);
  const whole = [...removed, ...replaced].map((name) => `${name}-`);
  const listeners = allFacts().flatMap(({ types }) => types.listeners);
  const ports = changes
    .filter(({ type, kind }) => listeners.includes(type) && (kind === "removed" || kind === "replaced"))
    .map(({ name }) => name)
    .filter((name) => !whole.some((start) => name.startsWith(start)));
  return [
    ...(added.length > 0 ? [`starts ${names(added)}`] : []),
    ...(replaced.length > 0
      ? [`replaces ${names(replaced)}: connections through it break, and none is made until its successor answers`]
      : []),
    ...(removed.length > 0 ? [`removes ${names(removed)}: nobody comes in by it any more`] : []),
    ...(ports.length > 0
      ? [`makes ${names([...new Set(ports)])} anew, or takes it away: connections through it break`]
      : []),
    ...inPlace(balancers),
  ];
}

function ingressSentences(workers: readonly ReviewedHost[], steps: ReadonlySet<string>): string[] {
  return workers.some(wasThere) && steps.has("stack-ingress")
    ? ["deploys it again: what changed in it rolls from worker to worker, each out of the load balancer first"]
    : [];
}

function bastionSentences(bastions: readonly ReviewedMachine[]): string[] {
  const { added, removed, replaced } = byKind(bastions);
  return [
    ...(added.length > 0 ? ["starts it"] : []),
    ...(replaced.length > 0
      ? ["replaces it: no step, status or repair runs meanwhile; the swarm and its applications go on"]
      : []),
    ...(removed.length > 0 ? ["removes it: no step, status or repair can run any more"] : []),
    ...inPlace(bastions),
  ];
}

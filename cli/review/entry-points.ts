import { allFacts } from "../platform/facts";
import { byKind } from "./by-kind";
import {
  loadBalancersOf,
  wasThere,
  willBeThere,
  type ReviewedHost,
  type ReviewedInstance,
  type ReviewedEntryPoint,
} from "./instances";
import type { Change } from "./preview";
import { inPlace, type TierReview } from "./tiers";
import { names } from "./words";

/** What happens to the entry points: load balancers, ingress, bastion. Each only where something happens to it. */
export function reviewEntryPoints(
  instances: readonly ReviewedInstance[],
  hosts: readonly ReviewedHost[],
  changes: readonly Change[],
  steps: ReadonlySet<string>,
): TierReview[] {
  const balancers = loadBalancersOf(instances, changes);
  const bastions = instances.filter(({ role }) => role === "bastion");
  const workers = hosts.filter(({ role }) => role === "worker");
  return [
    row("load balancers", balancers, balancerSentences(balancers, changes)),
    row("ingress", workers, ingressSentences(workers, steps)),
    row("bastion", bastions, bastionSentences(bastions)),
  ].filter(({ sentences }) => sentences.length > 0);
}

function row(name: string, members: readonly ReviewedEntryPoint[], sentences: readonly string[]): TierReview {
  return { name, before: members.filter(wasThere).length, after: members.filter(willBeThere).length, sentences };
}

function balancerSentences(balancers: readonly ReviewedEntryPoint[], changes: readonly Change[]): string[] {
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
      ? [`replaces ${names(replaced)}: its connections break, and new ones fail until its successor answers`]
      : []),
    ...(removed.length > 0 ? [`removes ${names(removed)}: clients can't connect through it any more`] : []),
    ...(ports.length > 0 ? [`recreates or removes ${names([...new Set(ports)])}: connections through it break`] : []),
    ...inPlace(balancers),
  ];
}

function ingressSentences(workers: readonly ReviewedHost[], steps: ReadonlySet<string>): string[] {
  return workers.some(wasThere) && steps.has("stack-ingress")
    ? ["deploys it again: a rolling update, one worker after the other, each out of the load balancer first"]
    : [];
}

function bastionSentences(bastions: readonly ReviewedInstance[]): string[] {
  const { added, removed, replaced } = byKind(bastions);
  return [
    ...(added.length > 0 ? ["starts it"] : []),
    ...(replaced.length > 0
      ? ["replaces it: no step, status or repair runs meanwhile; the swarm and its applications keep running"]
      : []),
    ...(removed.length > 0 ? ["removes it: no step, status or repair can run any more"] : []),
    ...inPlace(bastions),
  ];
}

/** Random sequences of faults and commands. Pure: a seed gives the same sequence again. */
import { Random } from "./random";

/** What happens to one host. */
export const HOST_FAULTS = [
  /** The host loses its power. */
  "kill",
  /** The host is shut down. */
  "stop",
  /** The host hangs: it answers nothing, and its connections stay open. */
  "pause",
  /** The host is removed behind Pulumi's back; its volumes stay. */
  "remove",
  /** The host is removed with its data. */
  "lose",
  "stop-engine",
  /** The Docker engine hangs. */
  "hang-engine",
  /** A person lets the node leave the swarm. */
  "leave",
  /** A person drains the node. */
  "drain",
] as const;

/** See {@link HOST_FAULTS}. */
export type HostFault = (typeof HOST_FAULTS)[number];

/** A fault. */
export type Fault =
  | { readonly kind: HostFault; readonly host: string }
  /** Packets of the swarm from one host to another are dropped; `both`: in both directions. */
  | { readonly kind: "partition"; readonly from: string; readonly to: string; readonly both: boolean }
  /** A load balancer or the bastion is stopped, or removed. */
  | { readonly kind: "stop-beside" | "remove-beside"; readonly host: string }
  /** The registry's shared storage is no longer mounted. */
  | { readonly kind: "storage-gone"; readonly host: string };

/** A command of ours while the faults last. */
export interface Command {
  readonly name: "repair" | "up" | "replace";
  /** The host of a replacement. @default it is no replacement */
  readonly host?: string;
  /** Seconds after which it is killed, with all that it has started. @default it isn't */
  readonly killedAfter?: number;
}

/** Faults at the same time, then perhaps a command. A repair ends each round. */
export interface Round {
  readonly faults: readonly Fault[];
  readonly command?: Command;
}

/** The hosts of the stack. */
export interface Shape {
  readonly managers: readonly string[];
  readonly registries: readonly string[];
  readonly workers: readonly string[];
  /** Bastion and load balancers. */
  readonly beside: readonly string[];
}

/** Rounds, as the seed has them. */
export function sequenceOf(seed: number, rounds: number, shape: Shape): Round[] {
  const random = new Random(seed);
  return Array.from({ length: rounds }, () => roundOf(random, shape));
}

/** One or two faults, never of two managers; in one of eight rounds, the majority of the managers at once. */
function roundOf(random: Random, shape: Shape): Round {
  const faults = random.percent(12) ? majorityFaults(random, shape) : someFaults(random, shape);
  const command = random.percent(50) ? commandOf(random, shape) : undefined;
  return { faults, ...(command === undefined ? {} : { command }) };
}

function majorityFaults(random: Random, { managers }: Shape): Fault[] {
  const kinds = ["kill", "stop", "pause", "remove", "lose", "stop-engine", "hang-engine"] as const;
  const hit = random.some(managers, Math.floor(managers.length / 2) + 1);
  return hit.map((host) => ({ kind: random.pick(kinds), host }));
}

function someFaults(random: Random, shape: Shape): Fault[] {
  const { managers, registries, workers, beside } = shape;
  const others = [...registries, ...workers];
  const count = 1 + random.below(2);
  const manager = random.percent(60) ? [random.pick(managers)] : [];
  const hit = [...manager, ...random.some(others, count - manager.length)];
  const faults = hit.map((host): Fault => ({ kind: random.pick(HOST_FAULTS), host }));
  if (random.percent(20)) {
    // With one manager down, the two others must reach each other: they are the majority.
    const free =
      manager.length === 0
        ? managers
        : random.some(
            managers.filter((host) => !hit.includes(host)),
            1,
          );
    const [from = "", to = ""] = random.some([...free, ...others.filter((host) => !hit.includes(host))], 2);
    if (to !== "") faults.push({ kind: "partition", from, to, both: random.percent(50) });
  }
  if (random.percent(20)) {
    faults.push({ kind: random.pick(["stop-beside", "remove-beside"] as const), host: random.pick(beside) });
  }
  const [registry] = registries;
  if (registry !== undefined && !faults.some((fault) => hostsOf(fault).includes(registry)) && random.percent(10)) {
    faults.push({ kind: "storage-gone", host: registry });
  }
  return faults;
}

function commandOf(random: Random, { managers, registries, workers }: Shape): Command {
  const name = random.pick(["repair", "up", "replace"] as const);
  const host = random.pick([...managers, ...registries, ...workers]);
  return {
    name,
    ...(name === "replace" ? { host } : {}),
    ...(random.percent(50) ? { killedAfter: 3 + random.below(25) } : {}),
  };
}

/** Whether the faults take the majority of the managers, so that acknowledged changes may be lost. */
export function takesMajority({ faults }: Round, { managers }: Shape): boolean {
  const hit = new Set(
    faults.flatMap((fault) => ("host" in fault && managers.includes(fault.host) ? [fault.host] : [])),
  );
  return hit.size > managers.length / 2;
}

/** The hosts that a fault concerns. */
export function hostsOf(fault: Fault): readonly string[] {
  return fault.kind === "partition" ? [fault.from, fault.to] : [fault.host];
}

/** Whether faults, or the replacement of a host, may disturb requests to applications. */
export function touchesApplications({ faults, command }: Round, { workers }: Shape): boolean {
  const isPath = (host: string): boolean => workers.includes(host) || host === "lb-app";
  return (
    faults.some((fault) => hostsOf(fault).some(isPath)) ||
    (command?.killedAfter !== undefined && command.name !== "repair")
  );
}

/** A round in words, for people: `kill manager-1, drop worker-1 → worker-2; replace worker-1, killed after 4 s`. */
export function roundText({ faults, command }: Round): string {
  const words = faults.map((fault) =>
    fault.kind === "partition"
      ? `drop ${fault.from} ${fault.both ? "↔" : "→"} ${fault.to}`
      : `${fault.kind.replace("-beside", "")} ${fault.host}`,
  );
  if (command === undefined) return words.join(", ");
  const killed = command.killedAfter === undefined ? "" : `, killed after ${command.killedAfter} s`;
  return `${words.join(", ")}; ${command.name}${command.host === undefined ? "" : ` ${command.host}`}${killed}`;
}

/**
 * Shorter rounds that may fail as well, the shortest first: without the command, then without one of the faults.
 */
export function smaller({ faults, command }: Round): Round[] {
  const fewer = faults.map((_, index) => faults.filter((_fault, other) => other !== index));
  const kept = fewer.filter((some) => some.length > 0);
  return [
    ...(command === undefined ? [] : kept.map((some) => ({ faults: some }))),
    ...(command === undefined ? [] : [{ faults }]),
    ...kept.map((some) => ({ faults: some, ...(command === undefined ? {} : { command }) })),
  ];
}

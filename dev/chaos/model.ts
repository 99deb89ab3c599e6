/** Faults, commands and rounds of `npm run chaos`: what they are, whom they concern, and how they are written. Pure. */

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
  /** The disk with the swarm's data and with images that are being pulled has no free byte. */
  "disk-full",
] as const;

/** See {@link HOST_FAULTS}. */
export type HostFault = (typeof HOST_FAULTS)[number];

/** A fault. */
export type Fault =
  | { readonly kind: HostFault; readonly host: string }
  /** The Docker engine's clock is set by so many seconds; negative: back. */
  | { readonly kind: "clock"; readonly host: string; readonly seconds: number }
  /** Packets of the swarm from one host to another are dropped; `both`: in both directions. */
  | { readonly kind: "partition"; readonly from: string; readonly to: string; readonly both: boolean }
  /** All packets from hosts of some zones to hosts of others are dropped; `both`: in both directions. */
  | { readonly kind: "zones"; readonly from: readonly string[]; readonly to: readonly string[]; readonly both: boolean }
  /** A load balancer or the bastion is stopped, or removed. */
  | { readonly kind: "stop-beside" | "remove-beside"; readonly host: string }
  /** The registry's shared storage is no longer mounted, or has no free byte. */
  | { readonly kind: "storage-gone" | "storage-full"; readonly host: string };

/** A command of ours while the faults last. */
export interface Command {
  /** The first `upgrade` sets the newest Docker engine in the configuration. */
  readonly name: "repair" | "up" | "replace" | "upgrade";
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
  /** The hosts of each zone. */
  readonly zones: Readonly<Record<string, readonly string[]>>;
}

/** Whether the faults take the majority of the managers, so that acknowledged changes may be lost. */
export function takesMajority({ faults }: Round, { managers }: Shape): boolean {
  const hit = new Set(
    faults.flatMap((fault) => ("host" in fault && managers.includes(fault.host) ? [fault.host] : [])),
  );
  return hit.size > managers.length / 2;
}

/** The hosts that a fault concerns. */
export function hostsOf(fault: Fault, { zones }: Pick<Shape, "zones">): readonly string[] {
  if (fault.kind === "partition") return [fault.from, fault.to];
  if (fault.kind === "zones") return [...fault.from, ...fault.to].flatMap((zone) => zones[zone] ?? []);
  return [fault.host];
}

/** Whether faults, or the replacement of a host, may disturb requests to applications. */
export function touchesApplications({ faults, command }: Round, shape: Shape): boolean {
  const isPath = (host: string): boolean => shape.workers.includes(host) || host === "lb-app";
  return (
    faults.some((fault) => hostsOf(fault, shape).some(isPath)) ||
    (command?.killedAfter !== undefined && command.name !== "repair")
  );
}

/** A round in words, for people: `kill manager-1, drop worker-1 → worker-2; replace worker-1, killed after 4 s`. */
export function roundText({ faults, command }: Round): string {
  const words = faults.map(faultText);
  if (command === undefined) return words.join(", ");
  const killed = command.killedAfter === undefined ? "" : `, killed after ${command.killedAfter} s`;
  return `${words.join(", ")}; ${command.name}${command.host === undefined ? "" : ` ${command.host}`}${killed}`;
}

function faultText(fault: Fault): string {
  switch (fault.kind) {
    case "partition":
      return `drop ${fault.from} ${fault.both ? "↔" : "→"} ${fault.to}`;
    case "zones":
      return `drop ${fault.from.join("+")} ${fault.both ? "↔" : "→"} ${fault.to.join("+")}`;
    case "clock":
      return `clock ${fault.host} ${fault.seconds < 0 ? "" : "+"}${fault.seconds} s`;
    default:
      return `${fault.kind.replace("-beside", "")} ${fault.host}`;
  }
}

/**
 * What the simulated steps of a stack take and answer. Pure. Times are medians for one host of nine; a real step takes
 * longer while many others run on the same workstation.
 */
import { createHash } from "node:crypto";

/** Seconds by kind of step. Source: docs/performance.md, "Figures" and "What has been improved", 2 cores. */
export const SECONDS = {
  /** A container with sshd up: 2.9 s for nine at once. */
  container: 2.9,
  prepare: 3.1,
  init: 3.0,
  /** With a bash array instead of jq. */
  token: 0.4,
  /** 3.5 s for a worker, without token (0.4) and node (0.9), which are steps of their own. */
  join: 2.2,
  node: 0.9,
  /** The first deployment of a service (README.md, `npm start`: 13 s). */
  stack: 13,
  /** An image into a host's Docker engine: an estimate. */
  image: 1,
  /** Everything else: network, the bastion's own step. */
  other: 0.5,
} as const;

/** A kind of step. */
export type Kind = keyof typeof SECONDS;

/** Which kind of step a resource is, by its name in the program and its type. */
export function kindOf(name: string, type: string): Kind {
  if (type.endsWith("swarm-ha:Container")) return "container";
  if (type.endsWith("swarm-ha:HostImage")) return "image";
  if (name === "init") return "init";
  const kind = /^(prepare|token|join|node|stack)-/.exec(name)?.[1];
  return kind === undefined || name === "prepare-bastion" ? "other" : (kind as Kind);
}

/** What a step prints, in the form and size of the real one (scripts/*.sh). */
export function answerOf(name: string): string {
  switch (kindOf(name, "")) {
    case "prepare":
      return JSON.stringify({ engine: "26.1.5+dfsg1", kernel: "6.12.0-amd64", ipvs: true, esp: true, pending: [] });
    case "init":
      return JSON.stringify({ swarmId: nodeId("swarm") });
    case "token":
      return JSON.stringify({
        token: `SWMTKN-1-${hex("token").slice(0, 50)}-${nodeId("secret")}`,
        managers: [1, 2, 3].map((zone) => `10.240.${String(32 * zone)}.${String(7 + zone)}:2377`),
        at: 1_800_000_000,
        known: [],
      });
    case "join":
      return JSON.stringify({ nodeId: nodeId(name) });
    case "stack":
      return JSON.stringify({ services: [`swarm-ha-${name.slice("stack-".length)}_service`] });
    default:
      return "";
  }
}

/** An id as swarm makes them: 25 characters. */
function nodeId(of: string): string {
  return hex(of).slice(0, 25);
}

/** 64 characters, always the same for the same text. */
export function hex(of: string): string {
  return createHash("sha256").update(of).digest("hex");
}

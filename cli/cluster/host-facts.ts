import { z } from "zod";

/** How a TCP connection between two hosts went. */
const outcome = z.enum([
  /** The port is open. */
  "open",
  /** The host answers, but the port is closed. */
  "refused",
  /** No answer: a packet filter drops the packets, or there is no host. */
  "silent",
  /** There is no route, or no host has the address. */
  "unreachable",
]);

const reportSchema = z.object({
  /** Whether the supervisor runs the Docker engine. */
  service: z.boolean(),
  /** Whether the Docker engine's API answers on the host itself. */
  answers: z.boolean(),
  /** The Docker engine's swarm state: `active`, `inactive`, `pending`, `error` or `locked`; empty when it doesn't answer. */
  state: z.string(),
  /** The Docker engine's reason for that state. */
  error: z.string(),
  /** Node id as the Docker engine itself has it. */
  nodeId: z.string(),
  /** Named volumes. */
  volumes: z.array(z.string()),
  /** Connections from this host to others. */
  reach: z.array(z.object({ to: z.string(), port: z.number().int(), outcome })),
});

/** What a host reports of itself: the output of scripts/host.sh. */
export type HostReport = z.infer<typeof reportSchema>;

/** What a host answered, asked directly. */
export type HostFacts =
  | ({
      readonly reached: true;
      /** How it was asked: by SSH from the bastion, or by the platform when SSH failed. */
      readonly via: "bastion" | "platform";
    } & HostReport)
  | {
      readonly reached: false;
      /** What was seen last. */
      readonly seen: string;
    };

/** By host name; without hosts that weren't asked. */
export type AllFacts = Readonly<Record<string, HostFacts>>;

/** @throws Error when that is no report */
export function parseReport(stdout: string): HostReport {
  return reportSchema.parse(JSON.parse(stdout));
}

/**
 * Whether a host was off for longer than its node certificate was valid: then its Docker engine doesn't start as a node, and only
 * leaving the swarm and joining again helps. Source: moby, daemon/cluster/errors.go; swarmkit, ca/certificates.go.
 */
export function hasExpired(own: HostFacts | undefined): boolean {
  return own?.reached === true && own.state === "error" && /certificate.*(expired|not valid after)/is.test(own.error);
}

/** A connection that failed. */
export interface Cut {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly outcome: "refused" | "silent" | "unreachable";
}

/** All connections to or from a host that failed, as its peers and it report them. */
export function cutsOf(name: string, facts: AllFacts): Cut[] {
  return Object.entries(facts).flatMap(([from, one]) => {
    if (!one.reached) return [];
    return one.reach.flatMap(({ to, port, outcome: how }): Cut[] =>
      how !== "open" && (from === name || to === name) ? [{ from, to, port, outcome: how }] : [],
    );
  });
}

/** Whether packets are lost, which nothing on the host can fix. A refusal comes from the host. */
export function isNetworkCut({ outcome: how }: Cut): boolean {
  return how !== "refused";
}

/** Peers that reach the host on at least one port, open or closed. */
export function witnesses(name: string, facts: AllFacts): { readonly from: string; readonly port: number }[] {
  return Object.entries(facts).flatMap(([from, one]) =>
    !one.reached || from === name
      ? []
      : one.reach
          // A refusal proves that the host is up.
          .filter(({ to, outcome: how }) => to === name && (how === "open" || how === "refused"))
          .map(({ port }) => ({ from, port })),
  );
}

/** `manager-1 can't reach manager-3 on 2377/tcp (no answer)`, for each that failed. */
export function describeCuts(cuts: readonly Cut[]): string {
  const words = { refused: "refused", silent: "no answer", unreachable: "no route" } as const;
  const pairs = new Map<string, string[]>();
  for (const { from, to, port, outcome: how } of cuts) {
    const pair = `${from} can't reach ${to} on`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), `${port}/tcp (${words[how]})`]);
  }
  return [...pairs].map(([pair, ports]) => `${pair} ${ports.join(", ")}`).join("; ");
}

/** Whether a log-in failed because another host key than the pinned one was shown, by its error's text. */
export function isOtherKey(seen: string): boolean {
  return seen.includes("another host key");
}

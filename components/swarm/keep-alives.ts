/** When the peer of a silent connection counts as dead. */
export interface Silence {
  /** Seconds without a byte before the first probe. */
  readonly idle: number;
  /** Seconds between probes. */
  readonly interval: number;
  /** Probes without an answer. */
  readonly count: number;
}

/** Two minutes: for clients, and for connections that are often silent. */
const PATIENT: Silence = { idle: 60, interval: 15, count: 4 };

/**
 * HAProxy's settings that detect dead peers of silent connections. Otherwise the kernel waits two hours before its first probe.
 * Source: HAProxy 2.6 manual, "clitcpka-idle" and "srvtcpka-idle"; Linux, Documentation/networking/ip-sysctl.
 *
 * @param side `cli`: clients' connections; `srv`: servers'
 * @param silence @default two minutes
 */
export function keepAlives(side: "cli" | "srv", { idle, interval, count }: Silence = PATIENT): string {
  return ["", `-idle ${idle}s`, `-intvl ${interval}s`, `-cnt ${count}`]
    .map((setting, i) => `  ${i === 0 ? "option " : ""}${side}tcpka${setting}`)
    .join("\n");
}

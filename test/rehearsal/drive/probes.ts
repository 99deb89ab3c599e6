/** Who reaches whom, tried out on the hosts and load balancers of the simulated AWS, and from outside. */
import { connect } from "node:net";
import type { Matrix } from "../../support/aws/reachability";

/** Who takes part in probes. */
export interface Probed {
  readonly name: string;
  /** A row of the matrix: a tier, a load balancer, or the range that the workstation is in. */
  readonly row: string;
  /** Hosts and load balancers send by themselves; what is outside sends from the workstation, and TCP alone. */
  readonly kind: "host" | "load balancer" | "outside";
  /** The address that it is reached at from where the other end is. */
  readonly address: string;
}

/** One attempt. */
export interface Probe {
  readonly from: Probed;
  readonly to: Probed;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** Milliseconds until an unanswered attempt counts as filtered. */
const SILENCE = 1500;

/** Bytes of a UDP probe, by which the receiver tells it from gossip; with its headers 28 more. */
const UDP_BYTES = 1237;

/** Ports that no rule names: a sample of what people forget open. */
const OTHERS = { tcp: [21, 111, 2375, 3306, 8080, 9323], udp: [53, 161, 4790] } as const;

/** All attempts between two ends, on the ports of the matrix and some others. UDP goes between hosts only. */
export function probesFor(pairs: readonly (readonly [Probed, Probed])[], matrix: Matrix): Probe[] {
  const named = (protocol: "tcp" | "udp"): number[] =>
    Object.values(matrix).flatMap((texts) =>
      texts.flatMap((text) => (text.startsWith(`${protocol} `) ? [Number(text.split(" ")[1])] : [])),
    );
  const ports = (protocol: "tcp" | "udp"): number[] =>
    [...new Set([...named(protocol), ...OTHERS[protocol]])].sort((a, b) => a - b);
  return pairs.flatMap(([from, to]) => {
    const protocols = from.kind === "host" && to.kind === "host" ? (["tcp", "udp"] as const) : (["tcp"] as const);
    return protocols.flatMap((protocol) => ports(protocol).map((port) => ({ from, to, protocol, port })));
  });
}

/** Whether the matrix lets an attempt pass. */
export function isAllowed({ from, to, protocol, port }: Probe, matrix: Matrix): boolean {
  return matrix[`${from.row} -> ${to.row}`]?.includes(`${protocol} ${String(port)}`) === true;
}

/** Makes an attempt from the workstation. @returns whether there was an answer, a refusal included */
export function fromWorkstation({ to, port }: Probe): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.address, port });
    const end = (answered: boolean) => (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(end(false), SILENCE);
    socket.once("connect", end(true));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(error.code === "ECONNREFUSED")();
    });
  });
}

/** The shell text that makes the attempts of a load balancer's container, which has no Python: answers as {@link SEND_TEXT}. */
export const SEND_BY_SHELL = `
i=0
while read -r _ address port; do
  { timeout ${String(SILENCE / 1000)} bash -c "exec 3<>/dev/tcp/$address/$port" 2>/dev/null; echo "$i $?"; } &
  i=$((i + 1))
done | sort -n | while read -r _ code; do
  if [ "$code" = 124 ]; then echo filtered; else echo open; fi
done
`;

/**
 * The Python text that makes a host's attempts, all at a time: standard input has a line `protocol address port` for each,
 * standard output a line for each: `open` or `filtered`. A refusal is an answer, so its packet has passed. Of UDP only the
 * receiver can tell: see {@link countersText}.
 */
export const SEND_TEXT = `
import select, socket, sys, time
probes = [line.split() for line in sys.stdin if line.strip()]
answers = ["filtered"] * len(probes)
waiting = {}
for i, (protocol, address, port) in enumerate(probes):
    if protocol == "udp":
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            s.sendto(b"p" * ${String(UDP_BYTES)}, (address, int(port)))
        except OSError:
            pass
        s.close()
        continue
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setblocking(False)
    error = s.connect_ex((address, int(port)))
    if error == 115:
        waiting[s] = i
    elif error in (0, 111):
        answers[i] = "open"
end = time.monotonic() + ${String(SILENCE / 1000)}
while waiting and time.monotonic() < end:
    _, writable, _ = select.select([], list(waiting), [], 0.1)
    for s in writable:
        if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, 111):
            answers[waiting[s]] = "open"
        del waiting[s]
print("\\n".join(answers))
`;

/** For iptables-restore: rules that count a host's UDP probes behind its packet filter. */
export function countersText(probes: readonly Probe[]): string {
  const rules = probes
    .filter(({ protocol }) => protocol === "udp")
    .map(
      ({ from, port }) =>
        `-A PROBED -p udp -s ${from.address} --dport ${String(port)} -m length --length ${String(UDP_BYTES + 28)}`,
    );
  return ["*filter", ":PROBED - [0:0]", "-I INPUT -j PROBED", ...rules, "COMMIT", ""].join("\n");
}

/** Reads `iptables -nvxL PROBED`: `<source> <port>` of the probes that came through. */
export function countedIn(listing: string): Set<string> {
  return new Set(
    listing.split("\n").flatMap((line) => {
      const [, packets, source, port] =
        /^\s*(\d+)\s.*\s(\d+\.\d+\.\d+\.\d+)\s+0\.0\.0\.0\/0\s.*dpt:(\d+)/.exec(line) ?? [];
      return packets === undefined || packets === "0" ? [] : [`${source ?? ""} ${port ?? ""}`];
    }),
  );
}

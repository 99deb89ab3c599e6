/** Who reaches whom, tried out on the hosts of the simulated AWS. */
import type { GroupName, SecurityRule } from "../../../components/platform/aws/security";

/** A host that takes part in probes. */
export interface Probed {
  readonly name: string;
  /** Its tier: a row of the table. */
  readonly tier: "manager" | "registry" | "worker" | "operator";
  /** Private address. */
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

/** All attempts between the tiers, one host of each, on the ports of the table and some others. */
export function probesFor(hosts: readonly Probed[], rules: readonly SecurityRule[]): Probe[] {
  const ports = (protocol: "tcp" | "udp"): number[] => {
    const named = rules.flatMap((rule) => (rule.protocol === protocol && rule.port !== undefined ? [rule.port] : []));
    return [...new Set([...named, ...OTHERS[protocol]])].sort((a, b) => a - b);
  };
  return hosts.flatMap((from) =>
    hosts
      .filter((to) => to !== from)
      .flatMap((to) =>
        (["tcp", "udp"] as const).flatMap((protocol) => ports(protocol).map((port) => ({ from, to, protocol, port }))),
      ),
  );
}

/** Whether the table lets an attempt pass. Hosts of the stack are in the range of no rule for the outside. */
export function isAllowed({ from, to, protocol, port }: Probe, rules: readonly SecurityRule[]): boolean {
  const [sources, targets] = [groupsOf(from), groupsOf(to)];
  const inside = (end: SecurityRule["from"], groups: readonly GroupName[]): boolean =>
    typeof end === "string" && groups.includes(end);
  return rules.some(
    (rule) =>
      rule.protocol === protocol && rule.port === port && inside(rule.from, sources) && inside(rule.to, targets),
  );
}

function groupsOf({ tier }: Probed): GroupName[] {
  return tier === "operator" ? ["operator"] : ["node", tier];
}

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

/** Which UDP packets get lost between nodes: scripts/lib/udp.sh sends and hears them. Pure. */
import { PORTS } from "../../plan/ports";
import { list } from "../cluster/words";
import type { HostFinding } from "./findings";
import type { HostLook, UdpReport } from "./host-report";

/** Seconds after its start at which the script sends, and until which it listens. */
const SENDS = [1.5, 3, 4.5, 6, 7.5];
const LISTENS = 9;
/** Seconds that start and pauses of a program may take longer on a busy host. */
const SLACK = 0.5;
/** Packets of a kind that have to be lost before the pair counts as cut: one may get lost by chance. */
const LOST = 2;
/** Most pairs that one text names. */
const NAMED = 6;

/** A node that told something. */
type Reached = Extract<HostLook, { reached: true }>;

/** A node that sent and listened, and when it began by this workstation's clock. */
interface Prober {
  readonly name: string;
  readonly report: UdpReport;
  readonly begin: number;
  /** Seconds that `begin` may be wrong by. */
  readonly within: number;
}

interface Pair {
  readonly from: string;
  readonly to: string;
}

/** Kinds of packets, as they are counted. */
type Kind = `${number} small` | `${number} full`;

/** What a lost kind means. */
const KINDS: readonly { readonly kind: Kind; readonly text: (pairs: string) => string }[] = [
  {
    kind: `${PORTS.gossip} small`,
    text: (pairs) =>
      `UDP packets to ${String(PORTS.gossip)} get lost: ${pairs}. Nodes then count as failed from time to time. A firewall or ` +
      "security group drops them",
  },
  {
    kind: `${PORTS.vxlan} small`,
    text: (pairs) =>
      `UDP packets to ${String(PORTS.vxlan)} get lost: ${pairs}. Tasks on these hosts don't reach each other on overlay networks. A ` +
      "firewall or security group drops them",
  },
  {
    kind: `${PORTS.vxlan} full`,
    text: (pairs) =>
      `Packets of 1500 bytes get lost, and small ones arrive: ${pairs}. Large packets between tasks hang. Raise the MTU on the ` +
      "path, or create overlay networks with the option com.docker.network.driver.mtu",
  },
];

/** See the top of this file. */
export function udpFindings(nodes: readonly Reached[]): HostFinding[] {
  const probers = probersOf(nodes);
  const { pairs, untried } = pairsOf(probers);
  const tried = pairs.map(({ from, to }): Pair => ({ from: from.name, to: to.name }));
  const lost = new Set<string>();
  const findings = KINDS.flatMap(({ kind, text }): HostFinding[] => {
    const cut = pairs.filter(({ from, to }) => {
      if (heard(to.report, from.name, kind)) return false;
      // Without small packets nothing is known of large ones; of a small device it is known already.
      return !kind.endsWith("full") || !(lost.has(`${from.name} ${to.name}`) || from.report.large.includes(to.name));
    });
    if (kind === `${PORTS.vxlan} small`) for (const { from, to } of cut) lost.add(`${from.name} ${to.name}`);
    if (cut.length === 0) return [];
    const names = cut.map(({ from, to }): Pair => ({ from: from.name, to: to.name }));
    const hosts = [...new Set(names.flatMap(({ from, to }) => [from, to]))];
    return [{ hosts, level: "problem", text: text(pairsText(names, tried)) }];
  });
  return [...findings, ...untriedFindings(nodes, probers, untried)];
}

function probersOf(nodes: readonly Reached[]): Prober[] {
  return nodes.flatMap(({ name, details: { udp: report, clock } }) =>
    report === undefined || clock === undefined
      ? []
      : [{ name, report, begin: report.begin - clock.seconds, within: clock.within }],
  );
}

/** All ordered pairs; those whose hosts didn't send and listen at the same time are only counted. */
function pairsOf(probers: readonly Prober[]): {
  pairs: readonly { readonly from: Prober; readonly to: Prober }[];
  untried: number;
} {
  const all = probers.flatMap((from) => probers.flatMap((to) => (from === to ? [] : [{ from, to }])));
  const pairs = all.filter(({ from, to }) => {
    const margin = from.within + to.within + SLACK;
    const meets = (after: number): boolean =>
      from.begin + after > to.begin + margin && from.begin + after < to.begin + LISTENS - margin;
    return SENDS.filter(meets).length >= LOST || hears(to, from);
  });
  return { pairs, untried: all.length - pairs.length };
}

/** Anything at all: then it was there while the other one sent. */
function hears({ report }: Prober, other: Prober): boolean {
  return report.heard.some(({ from }) => from === other.name);
}

function heard(report: UdpReport, from: string, kind: Kind): boolean {
  return report.heard.some((one) => one.from === from && `${String(one.port)} ${one.size}` === kind);
}

/** `worker-1 → worker-2`, and hosts that hear nobody, or that nobody hears, as one each. */
function pairsText(cut: readonly Pair[], tried: readonly Pair[]): string {
  if (cut.length === tried.length && cut.length > 2) return "between all nodes";
  const whole = (side: "from" | "to"): string[] => {
    const count = (pairs: readonly Pair[], name: string): number => pairs.filter((pair) => pair[side] === name).length;
    return [...new Set(cut.map((pair) => pair[side]))]
      .filter((name) => count(cut, name) > 1 && count(cut, name) === count(tried, name))
      .sort();
  };
  const [silent, deaf] = [whole("from"), whole("to")];
  const rest = cut.filter(({ from, to }) => !silent.includes(from) && !deaf.includes(to));
  return [
    ...(silent.length === 0 ? [] : [`from ${list(silent)} to all others`]),
    ...(deaf.length === 0 ? [] : [`to ${list(deaf)} from all others`]),
    ...rest.slice(0, NAMED).map(({ from, to }) => `${from} → ${to}`),
    ...(rest.length > NAMED ? [`and ${String(rest.length - NAMED)} more pairs`] : []),
  ].join(", ");
}

/** Silence about what wasn't tried would look like a good answer. */
function untriedFindings(nodes: readonly Reached[], probers: readonly Prober[], untried: number): HostFinding[] {
  if (probers.length === 0) return [];
  const without = nodes.filter(({ name }) => !probers.some((one) => one.name === name)).map(({ name }) => name);
  return [
    ...(without.length === 0
      ? []
      : [
          {
            hosts: without,
            level: "advice" as const,
            text: `UDP wasn't tried to and from ${list(without)}: Perl is missing there, it may not listen, or the answer was cut off`,
          },
        ]),
    ...(untried === 0
      ? []
      : [
          {
            hosts: [],
            level: "advice" as const,
            text: `UDP wasn't tried between ${String(untried)} pairs of nodes, which weren't asked at the same moment. Run this again`,
          },
        ]),
  ];
}

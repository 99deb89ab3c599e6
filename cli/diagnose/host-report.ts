/** What scripts/diagnose.sh reports of a host. Pure. */
import type { AllFacts, HostReport } from "../cluster/host-facts";

/** Facts of a host, as far as it could tell them. */
export interface HostDetails {
  readonly kernel?: string;
  /** Name and release of the operating system. */
  readonly os?: string;
  /** Version of the installed Docker engine. */
  readonly engine?: string;
  /** Backend of iptables: `nf_tables` or `legacy`. */
  readonly iptables?: string;
  /** MTU by network device, without the ones of containers. */
  readonly mtu: Readonly<Record<string, number>>;
  readonly addresses: readonly {
    readonly device: string;
    readonly address: string;
    /** Whether it is a further address of a network that the device has another one in. */
    readonly secondary: boolean;
  }[];
  /** Kernel features by module name: `ip_vs`, `esp4`. */
  readonly features: Readonly<Record<string, boolean>>;
  /** Memory in KiB. */
  readonly memory?: { readonly total: number; readonly available: number };
  /** Digests of daemon.json: its settings without labels, its labels, and the settings that the Docker engine runs with. */
  readonly daemon: Partial<Readonly<Record<"settings" | "labels" | "applied", string>>>;
  /** Whether the resolver answers a question for a name that can't exist. */
  readonly resolver?: "answers" | "silent";
  /** Names that were to be resolved, and whether they are known. */
  readonly names: Readonly<Record<string, boolean>>;
  /** Connections to peers. */
  readonly reach: HostReport["reach"];
  readonly clock?: Skew;
  /** What it has heard of its peers by UDP. @default it wasn't tried, or couldn't be */
  readonly udp?: UdpReport;
}

/** Packets that came to a host while it listened. */
export interface UdpReport {
  /** When it began, seconds since 1970 by the host's own clock. */
  readonly begin: number;
  readonly heard: readonly { readonly from: string; readonly port: number; readonly size: "small" | "full" }[];
  /** Peers to which its own device sends no packet of full size. */
  readonly large: readonly string[];
}

/** How far a clock is from this workstation's. */
export interface Skew {
  /** Seconds; positive: it is ahead. */
  readonly seconds: number;
  /** Seconds that the figure may be wrong by. */
  readonly within: number;
}

/** What is known of one host. */
export type HostLook = {
  /** Its name in the stack; also `bastion`, and those of load balancers. */
  readonly name: string;
  readonly role: string;
  /** Its private address, which the swarm knows it by. @default unknown */
  readonly address?: string;
} & (
  | {
      readonly reached: true;
      readonly via: "bastion" | "platform";
      readonly details: HostDetails;
      /** Texts for people, by name. */
      readonly parts: Readonly<Record<string, string>>;
    }
  | {
      readonly reached: false;
      /** What was seen last. */
      readonly seen: string;
    }
);

/** Parts that are read into {@link HostDetails}. */
const FACTS = ["facts", "resolver", "reach", "names", "clock", "udp"] as const;

/** When the script was sent, and when its output was there; milliseconds since 1970. */
export interface Sent {
  readonly sent: number;
  readonly received: number;
}

/**
 * Reads the script's output.
 *
 * @param mark the text in front of each part's name
 * @param bytes the limit of each part: one that reaches it has lost the beginning of its first line
 * @throws Error when it isn't the output of that script
 */
export function parseDiagnosis(
  stdout: string,
  { mark, bytes, ...when }: { readonly mark: string; readonly bytes: number } & Sent,
): { readonly details: HostDetails; readonly parts: Record<string, string> } {
  const parts: Record<string, string> = {};
  for (const piece of `\n${stdout}`.split(`\n${mark} `).slice(1)) {
    const end = piece.indexOf("\n");
    const [name, text] = end < 0 ? [piece, ""] : [piece.slice(0, end), piece.slice(end + 1)];
    parts[name.trim()] = wholeLines(text, bytes);
  }
  if (parts["clock"] === undefined) throw new Error(`its report is incomplete: ${stdout.trim().slice(-200)}`);
  const told = FACTS.map((name) => parts[name] ?? "");
  const details = detailsIn(told[0] ?? "", told[1] ?? "", told[2] ?? "", told[3] ?? "");
  const clock = skewOf(parts["clock"], when);
  const udp = udpIn(parts["udp"] ?? "");
  for (const name of FACTS) if (name !== "facts") Reflect.deleteProperty(parts, name);
  const more = { ...(clock === undefined ? {} : { clock }), ...(udp === undefined ? {} : { udp }) };
  return { details: { ...details, ...more }, parts };
}

/** A program that failed heard not even the host itself, and nothing is known then. */
function udpIn(text: string): UdpReport | undefined {
  const begin = Number(/^begin ([\d.]+)$/m.exec(text)?.[1]);
  const heard = [...text.matchAll(/^heard (\S+) (\d+) (small|full)$/gm)].map(([, from = "", port, size]) => ({
    from,
    port: Number(port),
    size: size === "full" ? ("full" as const) : ("small" as const),
  }));
  if (Number.isNaN(begin) || heard.length === 0) return undefined;
  return { begin, heard, large: [...text.matchAll(/^large (\S+)$/gm)].map(([, peer = ""]) => peer) };
}

/** Without the line that was cut: half a secret isn't found by its form. */
function wholeLines(text: string, bytes: number): string {
  const trimmed = text.replace(/\n+$/, "\n");
  if (Buffer.byteLength(text) < bytes) return trimmed;
  return `(the beginning is left out)\n${trimmed.slice(trimmed.indexOf("\n") + 1)}`;
}

function detailsIn(facts: string, resolver: string, reach: string, names: string): HostDetails {
  const lines = facts.split("\n").map((line) => line.split(" "));
  const all = (fact: string): string[][] => lines.flatMap(([name, ...rest]) => (name === fact ? [rest] : []));
  const one = (key: "kernel" | "os" | "engine" | "iptables"): Partial<HostDetails> => {
    const value = all(key)[0]?.join(" ").trim() ?? "";
    return value === "" ? {} : { [key]: value };
  };
  const memory = Object.fromEntries(all("memory").map(([name = "", kib]) => [name, Number(kib)]));
  const [, heard] = resolver.trim().split(" ");
  return {
    ...one("kernel"),
    ...one("os"),
    ...one("engine"),
    ...one("iptables"),
    mtu: Object.fromEntries(
      all("mtu").flatMap(([device, mtu]) => (device === undefined ? [] : [[device, Number(mtu)]])),
    ),
    addresses: all("address").flatMap(([device, address, rank]) =>
      device === undefined || address === undefined ? [] : [{ device, address, secondary: rank === "secondary" }],
    ),
    features: Object.fromEntries(
      all("feature").flatMap(([module, there]) => (module === undefined ? [] : [[module, there === "true"]])),
    ),
    ...(memory["MemTotal"] === undefined
      ? {}
      : { memory: { total: memory["MemTotal"], available: memory["MemAvailable"] ?? 0 } }),
    daemon: Object.fromEntries(
      all("daemon").flatMap(([what, digest = ""]) => (digest === "" ? [] : [[what, digest]])),
    ) as HostDetails["daemon"],
    ...(heard === "answers" || heard === "silent" ? { resolver: heard } : {}),
    names: Object.fromEntries(
      names.split("\n").flatMap((line) => {
        const [name, known] = line.split(" ");
        return name === undefined || known === undefined ? [] : [[name, known === "resolves"]];
      }),
    ),
    reach: reach.split("\n").flatMap((line) => {
      const [to, port, outcome] = line.split(" ");
      return to === undefined || port === undefined || !isOutcome(outcome) ? [] : [{ to, port: Number(port), outcome }];
    }),
  };
}

const OUTCOMES = ["open", "refused", "silent", "unreachable"] as const;

function isOutcome(text: string | undefined): text is (typeof OUTCOMES)[number] {
  return OUTCOMES.some((one) => one === text);
}

/**
 * The host's clock against this workstation's, as NTP computes it: the way there and the way back are taken for equally
 * long, so it is wrong by at most half of what both take.
 */
export function skewOf(clock: string, { sent, received }: Sent): Skew | undefined {
  const [begin, end] = ["begin", "end"].map((name) => Number(new RegExp(`^${name} ([\\d.]+)$`, "m").exec(clock)?.[1]));
  if (begin === undefined || end === undefined || Number.isNaN(begin + end)) return undefined;
  const [there, back] = [begin - sent / 1000, end - received / 1000];
  return { seconds: (there + back) / 2, within: Math.max(0, (there - back) / 2) };
}

/** Connections in the form that `status` and `repair` judge (cluster/host-facts.ts). */
export function factsOfLooks(looks: readonly HostLook[]): AllFacts {
  return Object.fromEntries(
    looks.map((look) => [
      look.name,
      look.reached
        ? {
            ...{ reached: true, via: look.via, reach: look.details.reach },
            // What `status` has asked itself.
            ...{ service: true, answers: true, state: "", error: "", nodeId: "", volumes: [] },
          }
        : { reached: false, seen: look.seen },
    ]),
  );
}

import { spread } from "../../plan/placement";
import { tasksPerWorker, workersPerZone } from "../../plan/addressing";
import { describeKey } from "../describe";
import { isPrivate, overlaps, parseRange, rangeText, type Ipv4Range } from "../../plan/ipv4";
import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";

/** Useful prefix lengths: `network.hosts` holds eight blocks, `engine` a bridge and a pool, `overlay` some networks. */
const PREFIXES = { hosts: [16, 24], overlay: [8, 20], engine: [8, 22] } as const;

/** Prefix lengths of the applications' network. */
const APPS = [16, 24] as const;

type RangeName = keyof typeof PREFIXES;

const NAMES = Object.keys(PREFIXES) as RangeName[];

/** Ranges of networks that the swarm and the Docker engines create. */
const SWARM_NAMES: readonly RangeName[] = ["overlay", "engine"];

/** Ranges must have the right size, be private, and not overlap. */
export function networkProblems(known: Known): Problem[] {
  const problems: Problem[] = [];
  const ranges = new Map<RangeName, Ipv4Range>();
  const listed = known.facts?.createsHosts === false;
  if (listed) problems.push(...hostRangeProblems(known));
  for (const name of listed ? SWARM_NAMES : NAMES) {
    const text = known.network?.[name];
    if (text === undefined) continue;
    const range = readRange(name, text);
    if ("key" in range) problems.push(range);
    else ranges.set(name, range);
  }
  problems.push(...overlapProblems(ranges, known), ...appsProblems(ranges.get("overlay"), known));
  const hosts = ranges.get("hosts");
  return hosts === undefined ? problems : [...problems, ...roomProblems(hosts, known)];
}

/** The hosts' range has no meaning where the hosts have addresses already. */
function hostRangeProblems({ network, platform = "" }: Known): Problem[] {
  const range = network?.hosts;
  if (range === undefined || range === describeKey(["network", "hosts"]).default) return [];
  const key = keyText(["network", "hosts"]);
  const allowed = `nothing: the hosts of the platform ${platform} have addresses already`;
  return [{ key, got: valueText(range), allowed, fix: "remove the key" }];
}

function readRange(name: RangeName, text: string): Ipv4Range | Problem {
  const refuse = (reason: string): Problem => {
    const { allowed = "", fix = "" } = describeKey(["network", name]);
    return { key: keyText(["network", name]), got: valueText(text), allowed, fix: `${reason}; ${fix}` };
  };
  try {
    const range = parseRange(text);
    const [largest, smallest] = PREFIXES[name];
    if (range.prefix < largest) return refuse("it is too large");
    if (range.prefix > smallest) return refuse("it is too small");
    if (!isPrivate(range)) return refuse("it isn't private (10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16)");
    return range;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function overlapProblems(ranges: ReadonlyMap<RangeName, Ipv4Range>, known: Known): Problem[] {
  return [...ranges].flatMap(([name, range], i) => {
    const got = valueText(known.network?.[name]);
    const key = keyText(["network", name]);
    const others = [...ranges].slice(0, i).filter(([, other]) => overlaps(range, other));
    const problems = others.map(([other]) => ({
      key,
      got,
      allowed: `a range that doesn't overlap ${keyText(["network", other])} (${known.network?.[other] ?? ""})`,
      fix: "choose another range, or leave both keys out: the defaults fit together",
    }));
    const taken = (known.facts?.takenRanges ?? []).filter((other) => overlaps(range, parseRange(other.range)));
    return [
      ...problems,
      ...taken.map((other) => ({
        key,
        got,
        allowed: `a range that doesn't overlap ${other.range}, ${other.by}`,
        fix: "choose a range in 10.0.0.0/8 that your network doesn't use",
      })),
    ];
  });
}

/** Whether each zone's block has room for its workers. (Managers and registries have reserved places.) */
function roomProblems(hosts: Ipv4Range, known: Known): Problem[] {
  if (known.workers === undefined || !known.allPools || known.zones === undefined || known.zones.length === 0)
    return [];
  const perZone = new Map<string, number>();
  for (const { count, zones } of Object.values(known.workers)) {
    for (const [zone, inZone] of spread(count, zones ?? known.zones))
      perZone.set(zone, (perZone.get(zone) ?? 0) + inZone);
  }
  const [zone, needed] = [...perZone].sort((a, b) => b[1] - a[1])[0] ?? ["", 0];
  if (needed <= workersPerZone(hosts.prefix)) return [];
  let prefix = hosts.prefix;
  while (prefix >= PREFIXES.hosts[0] && workersPerZone(prefix) < needed) prefix--;
  const fits = prefix >= PREFIXES.hosts[0];
  return [
    {
      key: keyText(["network", "hosts"]),
      got: `${valueText(known.network?.hosts)}, which has room for ${workersPerZone(hosts.prefix)} workers in a zone, while ${zone} gets ${needed}`,
      allowed: fits
        ? `/${PREFIXES.hosts[0]} to /${prefix} for that many`
        : `at most ${workersPerZone(16)} workers in a zone`,
      fix: fits ? `use a /${prefix}, or fewer workers` : "use fewer workers, or more zones",
    },
  ];
}

/** Whether the applications' network leaves room for others, and has room for the ingress on every worker. */
function appsProblems(overlay: Ipv4Range | undefined, known: Known): Problem[] {
  const prefix = known.network?.apps;
  if (prefix === undefined) return [];
  const key = keyText(["network", "apps"]);
  const refuse = (reason: string, lengths: readonly [number, number], fix: string): Problem[] => [
    { key, got: `${valueText(prefix)}, ${reason}`, allowed: `${lengths[0]} to ${lengths[1]}`, fix },
  ];
  if (overlay !== undefined && prefix <= overlay.prefix) {
    return refuse(
      `which leaves no room for other networks in ${keyText(["network", "overlay"])} (${rangeText(overlay)})`,
      [Math.max(APPS[0], overlay.prefix + 1), APPS[1]],
      "write a greater number, or give the overlay networks a larger range",
    );
  }
  if (known.workers === undefined || !known.allPools) return [];
  const workers = Object.values(known.workers).reduce((sum, { count }) => sum + count, 0);
  if (workers === 0 || tasksPerWorker(prefix, workers) >= 0) return [];
  let fitting = prefix;
  while (fitting >= APPS[0] && tasksPerWorker(fitting, workers) < 0) fitting--;
  const reason = `which has no room for the ingress on ${workers} workers`;
  return fitting < APPS[0]
    ? refuse(reason, APPS, "use fewer workers")
    : refuse(reason, [APPS[0], fitting], `write ${fitting}, or use fewer workers; an existing stack keeps its value`);
}

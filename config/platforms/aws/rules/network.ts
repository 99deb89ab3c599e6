import { EDGE_PLACES, subnetPrefix } from "../subnets";
import { describeKey } from "../schema";
import { overlaps, parseRange, type Ipv4Range } from "../../../../plan/ipv4";
import type { AwsKnown } from "./known";
import { keyText, valueText, type PathPart, type Problem } from "../../../problem";

/** AWS allows subnets of /16 to /28, and a network load balancer needs 8 free addresses in each of its subnets. */
const SMALLEST_EDGE = 27;

/** Ranges that a stack's own network needs, or how they fit into an existing VPC. */
export function awsNetworkProblems(known: AwsKnown): Problem[] {
  return known.aws?.network?.vpc === undefined && known.aws?.network?.subnets === undefined
    ? ownNetwork(known)
    : existingNetwork(known);
}

/** Whether a public subnet for each zone fits into the infrastructure's block. */
function ownNetwork({ network }: AwsKnown): Problem[] {
  const hosts = rangeOf(network?.hosts);
  if (hosts === undefined || subnetPrefix(hosts.prefix) <= SMALLEST_EDGE) return [];
  return [
    {
      key: keyText(["network", "hosts"]),
      got: valueText(network?.hosts),
      allowed: `/16 to /${SMALLEST_EDGE - Math.log2(EDGE_PLACES) * 2} on the platform aws, whose smallest subnets have 27 usable addresses`,
      fix: "use a /20, the size of the default",
    },
  ];
}

function existingNetwork(known: AwsKnown): Problem[] {
  const { vpc, subnets } = known.aws?.network ?? {};
  const path = ["aws", "network"];
  const half = (key: string, other: string): Problem[] => [
    {
      key: keyText([...path, key]),
      got: "nothing",
      allowed: describeKey([...path, key]).allowed ?? "",
      fix: `${keyText([...path, other])} needs it; write both, or neither for a network of its own`,
    },
  ];
  if (vpc === undefined) return half("vpc", "subnets");
  if (subnets === undefined) return half("subnets", "vpc");
  const whole = rangeOf(vpc.cidr);
  if (whole === undefined) return [badRange([...path, "vpc", "cidr"], vpc.cidr)];
  return [...overlapProblems(known, whole, vpc.cidr), ...subnetProblems(known, whole, vpc.cidr)];
}

/** If overlay networks or bridges have addresses of the VPC, hosts can't reach those in the VPC. */
function overlapProblems({ network }: AwsKnown, vpc: Ipv4Range, text: string): Problem[] {
  return (["overlay", "engine"] as const).flatMap((name) => {
    const range = rangeOf(network?.[name]);
    if (range === undefined || !overlaps(range, vpc)) return [];
    return [
      {
        key: keyText(["network", name]),
        got: valueText(network?.[name]),
        allowed: `a range that doesn't overlap the VPC (${keyText(["aws", "network", "vpc", "cidr"])}: ${text})`,
        fix: "choose another private range, one that hosts in the VPC never connect to",
      },
    ];
  });
}

function subnetProblems({ aws, zones = [] }: AwsKnown, vpc: Ipv4Range, vpcText: string): Problem[] {
  const subnets = aws?.network?.subnets ?? {};
  const path = ["aws", "network", "subnets"];
  const missing = zones
    .filter((zone) => subnets[zone] === undefined)
    .map((zone) => ({
      key: keyText([...path, zone]),
      got: "nothing",
      allowed: describeKey(path).allowed ?? "",
      fix: "write { private: { id, cidr }, public: { id, cidr } } for this zone",
    }));
  const seen: { readonly key: string; readonly range: Ipv4Range }[] = [];
  const wrong = Object.entries(subnets).flatMap(([zone, both]) =>
    (["private", "public"] as const).flatMap((kind) => {
      const at = [...path, zone, kind, "cidr"];
      const range = rangeOf(both[kind].cidr);
      if (range === undefined) return [badRange(at, both[kind].cidr)];
      const twin = seen.find((other) => overlaps(other.range, range));
      seen.push({ key: keyText(at), range });
      const allowed =
        range.first < vpc.first || range.last > vpc.last
          ? `a range inside the VPC (${vpcText})`
          : twin !== undefined
            ? `a range that doesn't overlap ${twin.key}`
            : range.prefix > SMALLEST_EDGE
              ? `a subnet of /${SMALLEST_EDGE} or larger`
              : undefined;
      if (allowed === undefined) return [];
      return [
        { key: keyText(at), got: valueText(both[kind].cidr), allowed, fix: "write the range that AWS shows for it" },
      ];
    }),
  );
  return [...missing, ...wrong];
}

function badRange(path: readonly PathPart[], text: string): Problem {
  const { allowed = "", fix = "" } = describeKey(path);
  return { key: keyText(path), got: valueText(text), allowed, fix };
}

/** A range; undefined if it is invalid, which another rule reports. */
function rangeOf(text: string | undefined): Ipv4Range | undefined {
  try {
    return text === undefined ? undefined : parseRange(text);
  } catch {
    return undefined;
  }
}

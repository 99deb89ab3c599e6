import { REGIONS, zonesOfRegion } from "../regions";
import { describeKey } from "../schema";
import type { AwsKnown } from "./known";
import { keyText, valueText, type Problem } from "../../../problem";
import { didYouMean } from "../../../suggest";

/** What CloudWatch accepts as retention, in days. Source: docs.aws.amazon.com, CloudWatch Logs, PutRetentionPolicy. */
const RETENTIONS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Checks region, zones and domain, and values that AWS would refuse in the middle of an `up`. */
export function ownProblems(known: AwsKnown): Problem[] {
  return [
    ...regionProblems(known),
    ...bastionZone(known),
    ...domainProblems(known),
    ...placeholderProblems(known),
    ...retentionProblems(known),
    ...tagProblems(known),
  ];
}

function regionProblems({ aws, zones = [] }: AwsKnown): Problem[] {
  const region = aws?.region;
  if (region === undefined) return [];
  if (!REGIONS.includes(region)) {
    const { allowed = "", fix = "" } = describeKey(["aws", "region"]);
    return [
      { key: keyText(["aws", "region"]), got: valueText(region), allowed, fix: didYouMean(region, REGIONS) ?? fix },
    ];
  }
  const there = zonesOfRegion(region);
  return zones.flatMap((zone, i) => {
    if (there.includes(zone)) return [];
    const elsewhere = REGIONS.find((other) => zonesOfRegion(other).includes(zone));
    const fix =
      elsewhere === undefined
        ? (didYouMean(zone, there) ?? "use one of them")
        : `it is a zone of ${elsewhere}: set ${keyText(["aws", "region"])} to that, or use one of ${region}`;
    return [
      { key: keyText(["zones", i]), got: valueText(zone), allowed: `zones of ${region}: ${there.join(", ")}`, fix },
    ];
  });
}

function bastionZone({ aws, zones }: AwsKnown): Problem[] {
  const zone = aws?.bastion?.zone;
  if (zone === undefined || zones === undefined || zones.includes(zone)) return [];
  const fix = didYouMean(zone, zones) ?? "use one of them, or leave the key out";
  return [
    { key: keyText(["aws", "bastion", "zone"]), got: valueText(zone), allowed: `one of ${zones.join(", ")}`, fix },
  ];
}

/** Without a hosted zone, nobody can resolve the domain. So leaving it out must be explicit. */
function domainProblems({ aws, domain, given }: AwsKnown): Problem[] {
  if (domain === undefined || aws === undefined || aws.hostedZone !== undefined || !given.has("aws")) return [];
  const { allowed = "" } = describeKey(["aws", "hostedZone"]);
  return [
    {
      key: keyText(["aws", "hostedZone"]),
      got: `nothing, while ${keyText(["domain"])} is ${valueText(domain)}`,
      allowed,
      fix: "write the id of the domain's Route 53 hosted zone, or none to create the records elsewhere",
    },
  ];
}

/** Account numbers that AWS's documentation uses. Source: docs.aws.amazon.com, "AWS account identifiers". */
const EXAMPLE_ACCOUNTS = ["123456789012", "111122223333", "444455556666", "111111111111", "000000000000"];

/** Values that were copied from an example: AWS would refuse them in the middle of an `up`. */
function placeholderProblems({ aws }: AwsKnown): Problem[] {
  const { registryCertificate, appCertificate, alarms } = aws?.loadBalancers ?? {};
  const candidates: [readonly string[], string | undefined][] = [
    [["hostedZone"], aws?.hostedZone],
    [["accountId"], aws?.accountId],
    [["loadBalancers", "registryCertificate"], registryCertificate],
    [["loadBalancers", "appCertificate"], appCertificate],
    [["loadBalancers", "alarms"], alarms],
  ];
  return candidates.flatMap(([path, text = ""]) => {
    const account = text.startsWith("arn:") ? (text.split(":")[4] ?? "") : text;
    if (!text.includes("EXAMPLE") && !EXAMPLE_ACCOUNTS.includes(account)) return [];
    const at = ["aws", ...path];
    const { allowed = "", fix = "" } = describeKey(at);
    return [{ key: keyText(at), got: `the placeholder ${valueText(text)}`, allowed, fix }];
  });
}

function retentionProblems({ aws }: AwsKnown): Problem[] {
  const days = aws?.network?.flowLogs;
  if (days === undefined || RETENTIONS.includes(days)) return [];
  const path = ["aws", "network", "flowLogs"];
  const { allowed = "" } = describeKey(path);
  const next = RETENTIONS.find((retention) => retention > days) ?? 3653;
  return [{ key: keyText(path), got: valueText(days), allowed, fix: `write flowLogs: ${next}` }];
}

function tagProblems({ aws }: AwsKnown): Problem[] {
  return Object.entries(aws?.tags ?? {}).flatMap(([name, value]) => {
    const reason = /^(swarm-ha\.|aws:)/i.test(name)
      ? "the name is reserved"
      : name.length < 1 || name.length > 128 || value.length > 256
        ? "a name has 1 to 128 characters, a value at most 256"
        : /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(name + value)
          ? undefined
          : "AWS accepts letters, digits, blanks and _ . : / = + - @ only";
    if (reason === undefined) return [];
    const { allowed = "" } = describeKey(["aws", "tags"]);
    return [{ key: keyText(["aws", "tags", name]), got: valueText(value), allowed, fix: `${reason}; write another` }];
  });
}

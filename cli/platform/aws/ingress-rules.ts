/** The rules of security groups. */
import type { IngressRule } from "../../../policy/ingress-rules";
import { listAt, nameOfUrn, numberAt, textAt, UNKNOWN, valueAt, type Planned } from "../../../policy/planned";

/** The security groups that a rule belongs to: URNs, or ids where the rule has a literal id. */
export function groupsOf({ urn, type, inputs, references }: Planned): readonly string[] {
  if (type === "aws:ec2/securityGroup:SecurityGroup") return [urn];
  return [...(references["securityGroupId"] ?? []), textAt(inputs, "securityGroupId")].filter(
    (one) => one !== undefined,
  );
}

/** Ingress rules of a resource, and its egress rules to ranges. An egress rule to a group is the other half of an ingress rule. */
export function ingressRulesOf(resource: Planned): IngressRule[] {
  switch (resource.type) {
    case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
      return othersOf(resource).map((from) => ({ from, to: target(resource), ...what(resource) }));
    case "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
      if (resource.inputs["referencedSecurityGroupId"] !== undefined) return [];
      return othersOf(resource).map((to) => ({ from: target(resource), to, ...what(resource) }));
    case "aws:ec2/securityGroup:SecurityGroup":
      return listAt(resource.inputs, "ingress").flatMap((rule) => inlineRules(rule, nameOfUrn(resource.name)));
    case "aws:ec2/securityGroupRule:SecurityGroupRule":
      return textAt(resource.inputs, "type") === "egress" ? [] : inlineRules(resource.inputs, target(resource));
    default:
      return [];
  }
}

/** Who is at the end of a rule that isn't its own group. */
function othersOf({ inputs, references }: Planned): string[] {
  const ranges = [textAt(inputs, "cidrIpv4"), textAt(inputs, "cidrIpv6")].filter((range) => range !== undefined);
  if (ranges.length > 0) return ranges;
  const named = ["referencedSecurityGroupId", "prefixListId"].flatMap(
    (key) => references[key]?.[0] ?? textAt(inputs, key) ?? [],
  );
  return [nameOfUrn(named[0] ?? "unknown")];
}

function what({ inputs }: Planned): Pick<IngressRule, "protocol" | "port"> {
  return { protocol: protocolOf(inputs, "ipProtocol"), port: portOf(inputs) };
}

/** A rule that is written inside its group: ranges, groups and ports in lists. */
function inlineRules(rule: unknown, to: string): IngressRule[] {
  const from = ["cidrBlocks", "ipv6CidrBlocks", "securityGroups", "prefixListIds"].flatMap((key) =>
    listAt(rule, key).map((one) => (typeof one === "string" ? one : "unknown")),
  );
  const source = textAt(rule, "sourceSecurityGroupId");
  const all = [...from, ...(source === undefined ? [] : [source])];
  const ends = { to, protocol: protocolOf(rule, "protocol"), port: portOf(rule) };
  return (all.length > 0 ? all : ["unknown"]).map((one) => ({ from: one, ...ends }));
}

/** The group that a rule belongs to. */
function target({ references, inputs }: Planned): string {
  const [group] = references["securityGroupId"] ?? [];
  return group === undefined ? (textAt(inputs, "securityGroupId") ?? "unknown") : nameOfUrn(group);
}

/** AWS writes `-1` for all protocols, and 50 for ESP. */
function protocolOf(rule: unknown, key: string): string {
  const protocol = textAt(rule, key) ?? String(numberAt(rule, key) ?? "unknown");
  return protocol === "-1" ? "all" : protocol === "50" ? "esp" : protocol;
}

function portOf(rule: unknown): string {
  if (valueAt(rule, "fromPort") === UNKNOWN || valueAt(rule, "toPort") === UNKNOWN) return "unknown";
  const [from, to] = [numberAt(rule, "fromPort"), numberAt(rule, "toPort")];
  if (from === undefined || to === undefined || from === -1 || (from === 0 && to >= 65_535)) return "all";
  return from === to ? String(from) : `${from}-${to}`;
}

import { listAt, nameOfUrn, numberAt, textAt, UNKNOWN, valueAt, type Planned } from "./planned";

/** A way in: who may open connections to what, on which port. */
export interface Door {
  /** A range of addresses, a security group's name, or what else says who; `unknown` until the update tells. */
  readonly from: string;
  /** Name of the security group, machine or load balancer that is reached. */
  readonly to: string;
  readonly protocol: string;
  /** One port, a span `8000-8100`, or `all`. */
  readonly port: string;
}

/** Ports on which applications may answer the whole world. Source: the table in docs/architecture.md. */
export const PUBLIC_PORTS: readonly string[] = ["80", "443"];

/** What the groups are known by that a rule opens doors of: URN, or id where somebody wrote it out. */
export function groupsOf({ urn, type, inputs, references }: Planned): readonly string[] {
  if (type === "aws:ec2/securityGroup:SecurityGroup") return [urn];
  return [...(references["securityGroupId"] ?? []), textAt(inputs, "securityGroupId")].filter(
    (one) => one !== undefined,
  );
}

/** All ways in that a resource opens. */
export function doorsOf(resource: Planned): Door[] {
  switch (resource.type) {
    case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
      return [...ruleDoors(resource)];
    case "aws:ec2/securityGroup:SecurityGroup":
      return listAt(resource.inputs, "ingress").flatMap((rule) => inlineDoors(rule, shortName(resource.name)));
    case "aws:ec2/securityGroupRule:SecurityGroupRule":
      return textAt(resource.inputs, "type") === "egress" ? [] : inlineDoors(resource.inputs, target(resource));
    case "pulumi-nodejs:dynamic/swarm-ha:Machine":
      return listAt(resource.inputs, "ports").flatMap((port) => localDoor(port, resource.name));
    default:
      return [];
  }
}

function ruleDoors(rule: Planned): Door[] {
  const { inputs } = rule;
  const ranges = [textAt(inputs, "cidrIpv4"), textAt(inputs, "cidrIpv6")].filter((range) => range !== undefined);
  const [group] = rule.references["referencedSecurityGroupId"] ?? [];
  const other = group === undefined ? textAt(inputs, "referencedSecurityGroupId") : shortName(group);
  const from = ranges.length > 0 ? ranges : [other ?? textAt(inputs, "prefixListId") ?? "unknown"];
  const ends = { to: target(rule), protocol: protocolOf(inputs, "ipProtocol"), port: portOf(inputs) };
  return from.map((one) => ({ from: one, ...ends }));
}

/** A rule that is written inside its group: ranges, groups and ports in lists. */
function inlineDoors(rule: unknown, to: string): Door[] {
  const from = ["cidrBlocks", "ipv6CidrBlocks", "securityGroups", "prefixListIds"].flatMap((key) =>
    listAt(rule, key).map((one) => (typeof one === "string" ? one : "unknown")),
  );
  const source = textAt(rule, "sourceSecurityGroupId");
  const all = [...from, ...(source === undefined ? [] : [source])];
  const ends = { to, protocol: protocolOf(rule, "protocol"), port: portOf(rule) };
  return (all.length > 0 ? all : ["unknown"]).map((one) => ({ from: one, ...ends }));
}

function localDoor(port: unknown, to: string): Door[] {
  const [outside, inside] = typeof port === "string" ? port.split(":") : [];
  if (outside === undefined || inside === undefined) return [];
  return [{ from: "this machine", to, protocol: "tcp", port: outside === inside ? outside : `${outside}→${inside}` }];
}

/** The group that a rule belongs to. */
function target({ references, inputs }: Planned): string {
  const [group] = references["securityGroupId"] ?? [];
  return group === undefined ? (textAt(inputs, "securityGroupId") ?? "unknown") : shortName(group);
}

/** Security groups are called `sg-manager` here, after what is in them. Takes a name or a URN. */
function shortName(group: string): string {
  return nameOfUrn(group).replace(/^sg-(?=[a-z])/, "");
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

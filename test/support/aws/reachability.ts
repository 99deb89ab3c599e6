import { parseRange } from "../../../plan/ipv4";
import type { Registered } from "../recording-mocks";

/** Somebody who can open connections or be asked for one: a host, a load balancer, or a range outside. */
interface End {
  /** Tier of a host, name of a load balancer, text of a range. */
  readonly kind: string;
  readonly name: string;
  readonly groups: readonly string[];
  /** Where its addresses are, CIDR. */
  readonly ranges: readonly string[];
}

/** `from -> to`, and the ports: `tcp 22`, in order. */
export type Matrix = Record<string, string[]>;

/**
 * Who can reach whom on which port, computed from nothing but the planned resources: groups of hosts and load
 * balancers, and the rules at both ends. Members of a tier are one row; it is an error if they differ.
 */
export function reachability(resources: readonly Registered[]): Matrix {
  const rules = (direction: "Ingress" | "Egress"): Rule[] =>
    resources
      .filter(({ type }) => type === `aws:vpc/securityGroup${direction}Rule:SecurityGroup${direction}Rule`)
      .map(({ inputs }) => inputs as unknown as Rule);
  const ingress = rules("Ingress");
  const egress = rules("Egress");
  const inside = ends(resources);
  const outside = outsiders([...ingress, ...egress], resources);

  const matrix: Matrix = {};
  const cells = new Map<string, string>();
  for (const from of [...inside, ...outside]) {
    for (const to of [...inside, ...outside]) {
      if (from === to || (outside.includes(from) && outside.includes(to))) continue;
      const out = outside.includes(from) ? undefined : egress.filter((rule) => isAt(rule, from) && covers(rule, to));
      const into = outside.includes(to) ? undefined : ingress.filter((rule) => isAt(rule, to) && covers(rule, from));
      const ports = both(out, into);
      const key = `${from.kind} -> ${to.kind}`;
      const text = ports.join(", ");
      const known = cells.get(key) ?? text;
      if (known !== text) throw new Error(`${from.name} -> ${to.name}: ${text}; others of ${key}: ${known}`);
      cells.set(key, text);
      if (ports.length > 0) matrix[key] = ports;
    }
  }
  return matrix;
}

interface Rule {
  readonly securityGroupId: string;
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly referencedSecurityGroupId?: string;
  readonly cidrIpv4?: string;
  readonly prefixListId?: string;
}

const isAt = (rule: Rule, end: End): boolean => end.groups.includes(rule.securityGroupId);

function covers({ referencedSecurityGroupId: group, cidrIpv4, prefixListId }: Rule, end: End): boolean {
  if (group !== undefined) return end.groups.includes(group);
  if (prefixListId !== undefined) return end.name === prefixListId;
  const range = parseRange(cidrIpv4 ?? "");
  return (
    end.ranges.length > 0 &&
    end.ranges.map(parseRange).every(({ first, last }) => range.first <= first && last <= range.last)
  );
}

/** What both ends let through; where one is outside, it's the other's to say. */
function both(out: readonly Rule[] | undefined, into: readonly Rule[] | undefined): string[] {
  const texts = (rules: readonly Rule[]): Set<string> =>
    new Set(
      rules.map(({ ipProtocol, fromPort, toPort }) =>
        fromPort === undefined
          ? `protocol ${ipProtocol}`
          : `${ipProtocol} ${fromPort === toPort ? String(fromPort) : `${String(fromPort)}-${String(toPort)}`}`,
      ),
    );
  const [one, other] = [out, into].filter((rules) => rules !== undefined).map(texts);
  const all = [...(one ?? [])].filter((text) => other?.has(text) !== false);
  return all.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function ends(resources: readonly Registered[]): End[] {
  const subnets = new Map(
    resources
      .filter(({ type }) => type === "aws:ec2/subnet:Subnet")
      .map(({ name, inputs }) => [`Subnet(${name})`, inputs["cidrBlock"] as string]),
  );
  const ranges = (ids: readonly string[]): string[] => ids.map((id) => subnets.get(id) ?? "10.255.255.255/32");
  return resources.flatMap(({ type, name, inputs }): End[] => {
    if (type === "aws:ec2/instance:Instance") {
      const { "swarm-ha.role": kind = "?" } = inputs["tags"] as Record<string, string>;
      const groups = inputs["vpcSecurityGroupIds"] as string[];
      return [{ kind, name, groups, ranges: ranges([inputs["subnetId"] as string]) }];
    }
    if (type === "aws:lb/loadBalancer:LoadBalancer") {
      const groups = inputs["securityGroups"] as string[];
      return [{ kind: name, name, groups, ranges: ranges(inputs["subnets"] as string[]) }];
    }
    return [];
  });
}

/** Every range and prefix list that a rule names, and one that none should: the VPC's own, so that a rule for all of it shows. */
function outsiders(rules: readonly Rule[], resources: readonly Registered[]): End[] {
  const vpc = resources.find(({ type }) => type === "aws:ec2/vpc:Vpc")?.inputs["cidrBlock"];
  const named = rules.flatMap(({ cidrIpv4, prefixListId }) => cidrIpv4 ?? prefixListId ?? []);
  return [...new Set([...named, "192.0.2.1/32", ...(typeof vpc === "string" ? [vpc] : [])])].map((text) => ({
    kind: text,
    name: text,
    groups: [],
    ranges: text.includes("/") ? [text] : [],
  }));
}

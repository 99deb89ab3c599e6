/** Rules about several resources together. */
import type { GraphResource } from "./dependencies";
import { shown, type Violation } from "./constraint";

const RULE = /^aws:vpc\/securityGroup(Ingress|Egress)Rule:/;

/** Rules of a security group in one direction; an account can ask for more. */
const RULES_PER_GROUP = 60;

/** A violation, and whose it is. */
export interface NamedViolation extends Violation {
  readonly resource: string;
}

/** What AWS refuses of resources only because of others. */
export function violationsAcross(resources: readonly GraphResource[]): NamedViolation[] {
  const rules = resources.filter(({ type }) => RULE.test(type));
  const groups = grouped(rules, ({ type, propertyDependencies, inputs }) => [
    type,
    propertyDependencies["securityGroupId"] ?? inputs["securityGroupId"],
  ]);
  return groups.flatMap((own) => [...crowded(own), ...doubled(own)]);
}

/** The resources that have the same key, in lists. */
function grouped(all: readonly GraphResource[], keyOf: (one: GraphResource) => unknown): GraphResource[][] {
  const groups = new Map<string, GraphResource[]>();
  for (const one of all) {
    const key = JSON.stringify(keyOf(one));
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

function crowded(rules: readonly GraphResource[]): NamedViolation[] {
  const [first] = rules;
  if (first === undefined || rules.length <= RULES_PER_GROUP) return [];
  return [
    {
      resource: first.name,
      property: "securityGroupId",
      value: `${String(rules.length)} rules`,
      rule: `is one of at most ${String(RULES_PER_GROUP)} rules of a group in one direction, unless the account's quota L-0EA8095F is raised`,
      source: "docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
    },
  ];
}

function doubled(rules: readonly GraphResource[]): NamedViolation[] {
  const same = grouped(rules, ({ inputs, propertyDependencies }) => [
    ...["ipProtocol", "fromPort", "toPort", "cidrIpv4"].map((key) => inputs[key]),
    propertyDependencies["referencedSecurityGroupId"],
    propertyDependencies["prefixListId"],
  ]);
  return same.flatMap(([, ...more]) =>
    more.map(({ name, inputs }) => ({
      resource: name,
      property: "ipProtocol",
      value: shown(inputs["ipProtocol"]),
      rule: "is no other rule of the group again (InvalidPermission.Duplicate)",
      source: "docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html",
    })),
  );
}

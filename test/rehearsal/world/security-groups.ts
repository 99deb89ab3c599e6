/** Security groups and their rules. */
import { z } from "zod";
import { parseRange } from "../../../plan/ipv4";
import { arnOf, type Cloud } from "./cloud";
import { isRefusal, refusals } from "./errors";
import { newId } from "./ids";
import type { Fields, Kind, Kinds } from "./kind";
import type { Kept } from "./state";
import { tagsOf } from "./tags";
import { needVpc } from "./vpc";

/** A security group. */
export interface SecurityGroup extends Kept {
  readonly vpc: string;
  readonly name: string;
  readonly description: string;
}

/** One rule of a group. */
export interface Rule extends Kept {
  readonly group: string;
  readonly direction: "in" | "out";
  protocol: string;
  ports?: readonly [number, number] | undefined;
  /** The other end: exactly one of the three. */
  cidr?: string | undefined;
  reference?: string | undefined;
  prefixList?: string | undefined;
}

const refuse = refusals("EC2");

/** Makes the default group of a VPC, whose members reach each other and everybody. @returns its id */
export function defaultGroup(cloud: Cloud, vpc: string): string {
  const id = newId("sg");
  const base = { tags: {}, vpc, name: "default", description: "default VPC security group" };
  cloud.state.groups.set(id, { id, arn: arnOf(cloud, "ec2", `security-group/${id}`), ...base });
  addRule(cloud, { group: id, direction: "in", protocol: "-1", reference: id });
  addRule(cloud, { group: id, direction: "out", protocol: "-1", cidr: "0.0.0.0/0" });
  return id;
}

function addRule(cloud: Cloud, rule: Omit<Rule, "id" | "arn" | "tags">, tags: Rule["tags"] = {}): Rule {
  const id = newId("sgr");
  const made: Rule = { id, arn: arnOf(cloud, "ec2", `security-group-rule/${id}`), tags, ...rule };
  cloud.state.rules.set(id, made);
  return made;
}

/** What has a group: instances that haven't ended, and load balancers' interfaces. */
function usersOf(cloud: Cloud, group: string): string[] {
  const { instances, balancers, rules } = cloud.state;
  return [
    ...[...instances.values()].filter((one) => one.state !== "terminated" && one.groups.includes(group)),
    ...[...balancers.values()].filter((one) => one.groups.includes(group)),
    ...[...rules.values()].filter((one) => one.reference === group && one.group !== group),
  ].map(({ id }) => id);
}

/** DeleteSecurityGroup. Source: API reference: it fails with DependencyViolation while a group is in use or referenced. */
function deleteGroup(cloud: Cloud, id: string): void {
  const { state } = cloud;
  if (!state.groups.has(id)) return;
  const users = usersOf(cloud, id);
  if (users.length > 0)
    throw refuse(
      "DeleteSecurityGroup",
      "DependencyViolation",
      `resource ${id} has a dependent object (${users.join(", ")})`,
    );
  for (const one of [...state.rules.values()]) if (one.group === id) state.forget(state.rules, one.id);
  state.forget(state.groups, id);
}

function groupKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const outputs = (group: SecurityGroup) => ({ arn: group.arn, ownerId: cloud.account, name: group.name });
  return {
    create(fields) {
      const inputs = z.object({ vpcId: z.string(), name: z.string(), description: z.string() }).parse(fields);
      const operation = "CreateSecurityGroup";
      needVpc(cloud, operation, inputs.vpcId);
      if (state.groups.size >= cloud.quotas["L-E79EC296"])
        throw refuse(
          operation,
          "SecurityGroupLimitExceeded",
          "The maximum number of security groups has been reached.",
        );
      if ([...state.groups.values()].some((one) => one.vpc === inputs.vpcId && one.name === inputs.name))
        throw refuse(
          operation,
          "InvalidGroup.Duplicate",
          `The security group '${inputs.name}' already exists for VPC '${inputs.vpcId}'`,
        );
      const id = newId("sg");
      // AWS lets a new group out to everybody; the provider takes that rule away (internal/service/ec2/vpc_security_group.go).
      const group: SecurityGroup = {
        id,
        arn: arnOf(cloud, "ec2", `security-group/${id}`),
        tags: tagsOf(fields),
        vpc: inputs.vpcId,
        name: inputs.name,
        description: inputs.description,
      };
      state.groups.set(id, group);
      return Promise.resolve({ id, outputs: outputs(group) });
    },
    read(id) {
      const group = state.groups.get(id);
      return group && outputs(group);
    },
    update(id, fields) {
      const group = state.groups.get(id);
      if (group !== undefined) group.tags = tagsOf(fields);
      return Promise.resolve({});
    },
    // internal/service/ec2/vpc_security_group.go: DependencyViolation and InvalidGroup.InUse are retried for 15 minutes.
    async delete(id) {
      await clock.retry(
        900,
        (error) => isRefusal(error, "DependencyViolation", "InvalidGroup.InUse"),
        () => {
          deleteGroup(cloud, id);
        },
      );
      await cloud.network.changed();
    },
  };
}

/** The provider adopts the VPC's default group and takes its rules away; a delete leaves it as it is. */
function defaultGroupKind(cloud: Cloud): Kind {
  const { state } = cloud;
  return {
    async create(fields) {
      const { vpcId } = z.object({ vpcId: z.string() }).parse(fields);
      const group = state.groups.get(needVpc(cloud, "DescribeSecurityGroups", vpcId).defaultGroup);
      if (group === undefined)
        throw refuse("DescribeSecurityGroups", "InvalidGroup.NotFound", "there is no default group");
      group.tags = tagsOf(fields);
      for (const one of [...state.rules.values()]) if (one.group === group.id) state.rules.delete(one.id);
      await cloud.network.changed();
      return { id: group.id, outputs: { arn: group.arn, name: group.name, ownerId: cloud.account } };
    },
    read(id) {
      const group = state.groups.get(id);
      return group && { arn: group.arn, name: group.name, ownerId: cloud.account };
    },
    update(id, fields) {
      const group = state.groups.get(id);
      if (group !== undefined) group.tags = tagsOf(fields);
      return Promise.resolve({});
    },
    delete: () => Promise.resolve(),
  };
}

const ruleInputs = z.object({
  securityGroupId: z.string(),
  ipProtocol: z.string(),
  fromPort: z.number().optional(),
  toPort: z.number().optional(),
  cidrIpv4: z.string().optional(),
  referencedSecurityGroupId: z.string().optional(),
  prefixListId: z.string().optional(),
});

type Ends = Pick<Rule, "protocol" | "ports" | "cidr" | "reference" | "prefixList">;

function ends(fields: Fields): Ends {
  const inputs = ruleInputs.parse(fields);
  const { fromPort, toPort } = inputs;
  return {
    protocol: inputs.ipProtocol,
    ports: fromPort === undefined || toPort === undefined ? undefined : [fromPort, toPort],
    cidr: inputs.cidrIpv4,
    reference: inputs.referencedSecurityGroupId,
    prefixList: inputs.prefixListId,
  };
}

const same = (a: Ends, b: Ends): boolean =>
  a.protocol === b.protocol &&
  String(a.ports) === String(b.ports) &&
  a.cidr === b.cidr &&
  a.reference === b.reference &&
  a.prefixList === b.prefixList;

/** AuthorizeSecurityGroupIngress and -Egress. Source: API reference, error codes of EC2. */
function checkRule(cloud: Cloud, operation: string, direction: Rule["direction"], fields: Fields, own?: string): Ends {
  const { state } = cloud;
  const { securityGroupId } = ruleInputs.parse(fields);
  const group = state.groups.get(securityGroupId);
  if (group === undefined)
    throw refuse(operation, "InvalidGroup.NotFound", `The security group '${securityGroupId}' does not exist`);
  const what = ends(fields);
  const named = [what.cidr, what.reference, what.prefixList].filter((one) => one !== undefined);
  if (named.length !== 1)
    throw refuse(operation, "InvalidParameterValue", "A rule names exactly one of a range, a group and a prefix list.");
  if (what.cidr !== undefined) parseRange(what.cidr);
  if (what.reference !== undefined && state.groups.get(what.reference)?.vpc !== group.vpc)
    throw refuse(operation, "InvalidGroup.NotFound", `The security group '${what.reference}' does not exist`);
  if (what.prefixList !== undefined && ![...state.endpoints.values()].some((one) => one.prefixList === what.prefixList))
    throw refuse(operation, "InvalidPrefixListID.NotFound", `The prefix list ID '${what.prefixList}' does not exist`);
  if (["tcp", "udp", "6", "17"].includes(what.protocol) && what.ports === undefined)
    throw refuse(
      operation,
      "InvalidParameterValue",
      `Invalid value 'Must specify both from and to ports with TCP/UDP.'`,
    );
  const others = [...state.rules.values()].filter(
    (one) => one.id !== own && one.group === securityGroupId && one.direction === direction,
  );
  if (others.some((one) => same(one, what)))
    throw refuse(
      operation,
      "InvalidPermission.Duplicate",
      `the specified rule "peer: ${String(named[0])}, ${what.protocol}, ports ${String(what.ports)}, ALLOW" already exists`,
    );
  // A prefix list counts with its number of entries: S3's has a few (docs.aws.amazon.com, "Amazon VPC quotas").
  if (others.length >= cloud.quotas["L-0EA8095F"])
    throw refuse(
      operation,
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached.",
    );
  return what;
}

function ruleKind(cloud: Cloud, direction: Rule["direction"]): Kind {
  const { state } = cloud;
  const operation = `AuthorizeSecurityGroup${direction === "in" ? "Ingress" : "Egress"}`;
  return {
    async create(fields) {
      const what = checkRule(cloud, operation, direction, fields);
      const { securityGroupId: group } = ruleInputs.parse(fields);
      const { id, arn } = addRule(cloud, { group, direction, ...what }, tagsOf(fields));
      await cloud.network.changed();
      return { id, outputs: { arn, securityGroupRuleId: id } };
    },
    read(id) {
      const rule = state.rules.get(id);
      return rule && { arn: rule.arn, securityGroupRuleId: id };
    },
    async update(id, fields) {
      const rule = state.rules.get(id);
      if (rule === undefined)
        throw refuse("ModifySecurityGroupRules", "InvalidSecurityGroupRuleId.NotFound", `${id} does not exist`);
      Object.assign(rule, checkRule(cloud, "ModifySecurityGroupRules", direction, fields, id), {
        tags: tagsOf(fields),
      });
      await cloud.network.changed();
      return {};
    },
    delete(id) {
      state.forget(state.rules, id);
      return cloud.network.changed();
    },
  };
}

/** The kinds of this file. */
export function groupKinds(cloud: Cloud): Kinds {
  return {
    "ec2/securityGroup:SecurityGroup": groupKind(cloud),
    "ec2/defaultSecurityGroup:DefaultSecurityGroup": defaultGroupKind(cloud),
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": ruleKind(cloud, "in"),
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": ruleKind(cloud, "out"),
  };
}

import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { description } from "./description";
import {
  securityGroups,
  securityRules,
  type GroupName,
  type Outside,
  type SecurityConfig,
  type SecurityRule,
} from "./security";
import { nameTag } from "./tags";

/** Arguments of {@link SecurityGroups}. */
export interface SecurityGroupsArgs {
  readonly stack: string;
  readonly config: SecurityConfig;
  readonly vpcId: pulumi.Input<string>;
  /** Prefix list of the S3 endpoint. @default there is none, and no rule names it */
  readonly s3PrefixList?: pulumi.Input<string>;
}

/** The table of security.ts as resources: groups, and each rule at both of its ends, by reference between groups. */
export class SecurityGroups extends pulumi.ComponentResource {
  /** The groups by name. */
  public readonly groups: ReadonlyMap<GroupName, ec2.SecurityGroup>;

  private readonly rules: readonly { readonly rule: SecurityRule; readonly resource: pulumi.Resource }[];

  public constructor(
    name: string,
    private readonly args: SecurityGroupsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("swarm-ha:aws:SecurityGroups", name, {}, opts);
    const { stack, config, vpcId } = args;
    this.groups = new Map(
      securityGroups(config).map((group) => [
        group,
        new ec2.SecurityGroup(
          // EC2 refuses names that begin with `sg-`.
          group,
          {
            description: description(`${stack} ${group}`),
            vpcId,
            tags: nameTag(stack, group),
          },
          { parent: this },
        ),
      ]),
    );
    this.rules = securityRules(config).flatMap((rule) => {
      const ports = rule.port === undefined ? {} : { fromPort: rule.port, toPort: rule.port };
      // AWS knows ESP by its number.
      const common = { ipProtocol: rule.protocol === "esp" ? "50" : rule.protocol, ...ports, description: rule.why };
      const what = `${rule.protocol}${rule.port === undefined ? "" : `-${String(rule.port)}`}`;
      const name = `${label(rule.from)}-to-${label(rule.to)}-${what}`;
      const resources = [
        ...(typeof rule.to === "string"
          ? [
              new vpc.SecurityGroupIngressRule(
                `in-${name}`,
                { securityGroupId: this.group(rule.to).id, ...common, ...this.source(rule.from) },
                { parent: this },
              ),
            ]
          : []),
        ...(typeof rule.from === "string"
          ? [
              new vpc.SecurityGroupEgressRule(
                `out-${name}`,
                { securityGroupId: this.group(rule.from).id, ...common, ...this.source(rule.to) },
                { parent: this },
              ),
            ]
          : []),
      ];
      return resources.map((resource) => ({ rule, resource }));
    });
    this.registerOutputs({});
  }

  /** Rules that an instance of a group needs before it starts: without egress it gets no packages. */
  public waysOut(group: GroupName): pulumi.Resource[] {
    return this.rules.flatMap(({ rule, resource }) =>
      rule.from === group && typeof rule.to !== "string" ? [resource] : [],
    );
  }

  /** All rules from or to one of these groups. */
  public between(...groups: readonly GroupName[]): pulumi.Resource[] {
    return this.rules.flatMap(({ rule, resource }) =>
      groups.some((group) => rule.from === group || rule.to === group) ? [resource] : [],
    );
  }

  /**
   * One of the groups.
   *
   * @throws Error for a group that this stack doesn't have.
   */
  public group(name: GroupName): ec2.SecurityGroup {
    const group = this.groups.get(name);
    if (group === undefined) throw new Error(`the stack has no security group '${name}'`);
    return group;
  }

  private source(end: GroupName | Outside): {
    readonly referencedSecurityGroupId?: pulumi.Input<string>;
    readonly cidrIpv4?: string;
    readonly prefixListId?: pulumi.Input<string>;
  } {
    if (typeof end === "string") return { referencedSecurityGroupId: this.group(end).id };
    if ("range" in end) return { cidrIpv4: end.range };
    if (this.args.s3PrefixList === undefined) throw new Error("a rule names S3's prefix list, and there is none");
    return { prefixListId: this.args.s3PrefixList };
  }
}

/** A part of resource names, which have no slashes. */
function label(end: GroupName | Outside): string {
  if (typeof end === "string") return end;
  return "range" in end ? end.range.replace("/", "_") : end.prefixList;
}

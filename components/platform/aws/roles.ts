import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { TIERS, type Tier } from "../../../plan/roles";
import { assumedBy, backupBucket, ownHostKey, registryBucket, SESSIONS, statements, type Statement } from "./policies";
import { nameTag } from "./tags";

/** Arguments of {@link Roles}. */
export interface RolesArgs {
  readonly stack: string;
  readonly region: string;
  /** The registry's bucket: only its tier may use it. */
  readonly bucketArn: pulumi.Input<string>;
  /** The bucket with the backups: only the bastion may use it. @default there is none */
  readonly backupArn?: pulumi.Input<string>;
}

/** Permissions of a tier's instances in AWS. */
export interface InstanceRole {
  /** Name of the instance profile. */
  readonly profile: pulumi.Output<string>;
  /** Resources that must exist before an instance starts with it. */
  readonly ready: readonly pulumi.Resource[];
}

/** An instance profile for each tier: the Session Manager and its own host key for all, a bucket for the registry, one for the bastion. */
export class Roles extends pulumi.ComponentResource {
  private readonly byTier: ReadonlyMap<Tier, InstanceRole>;

  public constructor(name: string, args: RolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:aws:Roles", name, {}, opts);
    this.byTier = new Map(TIERS.map((tier) => [tier, this.role(tier, args)]));
    this.registerOutputs({});
  }

  /** The role of a tier. */
  public of(tier: Tier): InstanceRole {
    const role = this.byTier.get(tier);
    if (role === undefined) throw new Error(`there is no role for '${tier}'`);
    return role;
  }

  private role(tier: Tier, args: RolesArgs): InstanceRole {
    const { stack, region } = args;
    const opts = { parent: this };
    const tags = nameTag(stack, tier);
    const role = new iam.Role(`role-${tier}`, { assumeRolePolicy: assumedBy("ec2.amazonaws.com"), tags }, opts);
    const policy = new iam.RolePolicy(
      `policy-${tier}`,
      {
        role: role.id,
        policy: pulumi
          .all([role.arn, bucketOf(tier, args)])
          .apply(([arn, bucket]) => statements(SESSIONS, ownHostKey(arn, region, stack), ...bucket)),
      },
      opts,
    );
    const profile = new iam.InstanceProfile(`profile-${tier}`, { role: role.name, tags }, opts);
    return { profile: profile.name, ready: [policy] };
  }
}

/** What a tier may do with its bucket. */
function bucketOf(tier: Tier, { bucketArn, backupArn }: RolesArgs): pulumi.Output<readonly Statement[]> {
  if (tier === "registry") return pulumi.output(bucketArn).apply(registryBucket);
  if (tier === "bastion" && backupArn !== undefined) return pulumi.output(backupArn).apply(backupBucket);
  return pulumi.output([]);
}

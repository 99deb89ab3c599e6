import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { TIERS, type Tier } from "../../../plan/roles";
import { assumedBy, ownHostKey, registryBucket, SESSIONS, statements } from "./policies";
import { nameTag } from "./tags";

/** Arguments of {@link Roles}. */
export interface RolesArgs {
  readonly stack: string;
  readonly region: string;
  /** The registry's bucket: only its tier may use it. */
  readonly bucketArn: pulumi.Input<string>;
}

/** Permissions of a tier's instances in AWS. */
export interface InstanceRole {
  /** Name of the instance profile. */
  readonly profile: pulumi.Output<string>;
  /** Resources that must exist before an instance starts with it. */
  readonly ready: readonly pulumi.Resource[];
}

/** An instance profile for each tier: the Session Manager and its own host key for all, the bucket for the registry. */
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

  private role(tier: Tier, { stack, region, bucketArn }: RolesArgs): InstanceRole {
    const opts = { parent: this };
    const tags = nameTag(stack, tier);
    const role = new iam.Role(`role-${tier}`, { assumeRolePolicy: assumedBy("ec2.amazonaws.com"), tags }, opts);
    const bucket: pulumi.Input<string | undefined> = tier === "registry" ? bucketArn : undefined;
    const policy = new iam.RolePolicy(
      `policy-${tier}`,
      {
        role: role.id,
        policy: pulumi
          .all([role.arn, bucket])
          .apply(([arn, of]) =>
            statements(SESSIONS, ownHostKey(arn, region, stack), ...(of === undefined ? [] : registryBucket(of))),
          ),
      },
      opts,
    );
    const profile = new iam.InstanceProfile(`profile-${tier}`, { role: role.name, tags }, opts);
    return { profile: profile.name, ready: [policy] };
  }
}

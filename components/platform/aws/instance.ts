import * as ec2 from "@pulumi/aws/ec2";
import * as ssm from "@pulumi/aws/ssm";
import * as pulumi from "@pulumi/pulumi";
import type { InstanceShape } from "./instance-shape";
import type { Subnet } from "./network";
import { hostKeyPath } from "./policies";
import type { InstanceRole } from "./roles";
import { instanceTags, nameTag, TAGS, type Tagged } from "./tags";

/** Arguments of {@link createInstance}. */
export interface InstanceArgs extends Tagged {
  readonly stack: string;
  readonly shape: InstanceShape;
  /** Id of the image. */
  readonly image: pulumi.Input<string>;
  readonly subnet: Subnet;
  /** Fixed private address. @default AWS picks one */
  readonly address?: string;
  readonly groups: readonly pulumi.Input<string>[];
  readonly role: string;
  readonly profile: InstanceRole;
  readonly userData: pulumi.Input<string>;
  /** Private key that it answers SSH with. Secret. */
  readonly hostKey: pulumi.Input<string>;
  /** Whether it is being replaced on purpose, with the current image and user data. */
  readonly renewed: boolean;
  /** What has to be there before it starts: routes and rules. */
  readonly after: readonly pulumi.Resource[];
}

/** An instance with a host key of its own. */
export interface InstanceWithKey {
  readonly instance: ec2.Instance;
  /** The host key, which only this instance may read. */
  readonly key: pulumi.Resource;
}

/**
 * An EC2 instance, and the host key that is given to it alone.
 *
 * The key belongs to the host's name and outlives the instance. It is tagged with the ARN of the instance that may read it.
 */
export function createInstance(args: InstanceArgs, parent: pulumi.Resource): InstanceWithKey {
  const { stack, name, shape } = args;
  const tags = instanceTags(stack, args);
  const instance = new ec2.Instance(
    name,
    {
      ami: args.image,
      instanceType: shape.instanceType,
      subnetId: args.subnet.id,
      ...(args.address === undefined ? {} : { privateIp: args.address }),
      vpcSecurityGroupIds: [...args.groups],
      iamInstanceProfile: args.profile.profile,
      userData: args.userData,
      // In place the provider would stop and start the host for it, and cloud-init wouldn't run it even so.
      userDataReplaceOnChange: true,
      // Version 2 only, and no hop beyond the host: what runs in a bridged container never has the host's role.
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: {
        volumeType: "gp3",
        volumeSize: shape.volume,
        encrypted: true,
        // State is created and deleted with its instance: a removed node hangs if it finds its old Raft state.
        deleteOnTermination: true,
        tags,
      },
      tags,
    },
    {
      parent,
      // An address for life can't be had twice at a time.
      deleteBeforeReplace: true,
      // AWS would stop all of a tier at once to change these. Replacing waits for its turn, under the quorum guard.
      replaceOnChanges: ["instanceType"],
      // Another image, or another text for the first boot, is for new hosts.
      ignoreChanges: args.renewed ? [] : ["ami", "userData"],
      dependsOn: [...args.after, ...args.profile.ready],
    },
  );
  const key = new ssm.Parameter(
    `host-key-${name}`,
    {
      name: `${hostKeyPath(stack)}/${name}`,
      type: "SecureString",
      value: pulumi.secret(args.hostKey),
      description: `SSH host key of ${name}`,
      tags: { ...nameTag(stack, `${name} host key`), [TAGS.host]: name, [TAGS.reader]: instance.arn },
    },
    { parent },
  );
  return { instance, key };
}

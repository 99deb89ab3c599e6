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
  /** Private SSH host key. Secret. */
  readonly hostKey: pulumi.Input<string>;
  /** Whether it is being replaced on purpose, with the current image and user data. */
  readonly renewed: boolean;
  /** Resources that must exist before it starts: routes and rules. */
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
      // For an update in place, the provider would stop and start the host, and cloud-init still wouldn't run the new text.
      userDataReplaceOnChange: true,
      // Version 2 only, and one hop: programs in bridged containers never get the host's role.
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
      // Two instances can't have the same fixed address.
      deleteBeforeReplace: true,
      // AWS would stop all hosts of a tier at once to change this. A replacement waits for its turn, under the quorum guard.
      replaceOnChanges: ["instanceType"],
      // Only new hosts get a new image or new user data.
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

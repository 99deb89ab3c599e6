import { UNKNOWN, type Planned } from "../../../policy/planned";
import { RULES } from "../../../policy/rules";

/** A planned resource. */
export function planned(
  type: string,
  name: string,
  inputs: Record<string, unknown> = {},
  more: Partial<Planned> = {},
): Planned {
  return { type, name, inputs, protect: false, references: {}, ...more };
}

/** Names of the rules that a stack breaks. */
export function broken(resources: readonly Planned[], stack = "prod"): string[] {
  return RULES.filter(({ check }) => check(resources, stack).length > 0).map(({ name }) => name);
}

/** An ingress rule of a security group. */
export function ingress(to: string, from: { range: string } | { group: string }, port: number): Planned {
  const source = "range" in from ? { cidrIpv4: from.range } : { referencedSecurityGroupId: UNKNOWN };
  return planned(
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    `in-${to}-${port}`,
    { securityGroupId: UNKNOWN, ipProtocol: "tcp", fromPort: port, toPort: port, ...source },
    {
      references: {
        securityGroupId: [`sg-${to}`],
        ...("group" in from ? { referencedSecurityGroupId: [`sg-${from.group}`] } : {}),
      },
    },
  );
}

/** A host as it should be. */
export function instance(
  name: string,
  zone: string,
  inputs: Record<string, unknown> = {},
  more: Partial<Planned> = {},
): Planned {
  const role = name.replace(/-\d+$/, "");
  return planned(
    "aws:ec2/instance:Instance",
    name,
    {
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: { encrypted: true, deleteOnTermination: true },
      tags: { "swarm-ha.role": role, "swarm-ha.host": name, "swarm-ha.zone": zone },
      ...inputs,
    },
    more,
  );
}

const BUCKET = { references: { bucket: ["registry"] } };

/** A bucket and what has to be beside it, each by its name here. */
export const BUCKET_PARTS = {
  bucket: planned("aws:s3/bucket:Bucket", "registry", {}, { protect: true }),
  access: planned(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "access",
    { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    BUCKET,
  ),
  versions: planned(
    "aws:s3/bucketVersioning:BucketVersioning",
    "versions",
    { versioningConfiguration: { status: "Enabled" } },
    BUCKET,
  ),
  encryption: planned(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "encryption",
    { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } }] },
    BUCKET,
  ),
  policy: planned("aws:s3/bucketPolicy:BucketPolicy", "policy", { policy: JSON.stringify(tlsOnly("s3:*")) }, BUCKET),
} as const;

/** A bucket policy that refuses an action without TLS. */
export function tlsOnly(action: string): unknown {
  const condition = { Bool: { "aws:SecureTransport": "false" } };
  return { Statement: [{ Effect: "Deny", Principal: "*", Action: action, Resource: "*", Condition: condition }] };
}

/** A whole stack as it should be. */
export const GOOD: readonly Planned[] = [
  instance("manager-1", "a"),
  instance("manager-2", "b"),
  instance("manager-3", "c"),
  instance("worker-1", "a"),
  instance("operator", "a", { associatePublicIpAddress: true }),
  planned("aws:ec2/eip:Eip", "operator", {}, { references: { instance: ["operator"] } }),
  planned("aws:ec2/eip:Eip", "way-out-a"),
  planned("aws:ec2/natGateway:NatGateway", "a", {}, { references: { allocationId: ["way-out-a"] } }),
  planned("aws:ec2/subnet:Subnet", "private-a", { mapPublicIpOnLaunch: false }),
  planned("aws:ec2/securityGroup:SecurityGroup", "sg-manager", {}),
  ingress("manager", { group: "node" }, 2377),
  ingress("operator", { range: "203.0.113.0/24" }, 22),
  ingress("lb-app", { range: "0.0.0.0/0" }, 443),
  ...Object.values(BUCKET_PARTS),
];

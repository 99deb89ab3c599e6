import { UNKNOWN, type Planned } from "../../../policy/planned";
import { RULES } from "../../../policy/rules";

/** A resource that others refer to. */
export const urn = (type: string, name: string): string => `urn:pulumi:x::swarm-ha::${type}::${name}`;

/** A planned resource. */
export function planned(
  type: string,
  name: string,
  inputs: Record<string, unknown> = {},
  more: Partial<Planned> = {},
): Planned {
  return { urn: urn(type, name), type, name, inputs, protect: false, references: {}, ...more };
}

const INSTANCE = "aws:ec2/instance:Instance";
const EIP = "aws:ec2/eip:Eip";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";

/** Names of the rules that a stack breaks. */
export function broken(resources: readonly Planned[]): string[] {
  return RULES.filter(({ check }) => check(resources).length > 0).map(({ name }) => name);
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
        securityGroupId: [urn(GROUP, to)],
        ...("group" in from ? { referencedSecurityGroupId: [urn(GROUP, from.group)] } : {}),
      },
    },
  );
}

/** An instance as it should be, in the group of its tier. */
export function instance(
  name: string,
  zone: string,
  inputs: Record<string, unknown> = {},
  more: Partial<Planned> = {},
): Planned {
  const role = name.replace(/-\d+$/, "");
  return planned(
    INSTANCE,
    name,
    {
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: { encrypted: true, deleteOnTermination: true },
      tags: { "swarm-ha.role": role, "swarm-ha.host": name, "swarm-ha.zone": zone, "swarm-ha.pool": role },
      vpcSecurityGroupIds: [UNKNOWN],
      ...inputs,
    },
    { references: { vpcSecurityGroupIds: [urn(GROUP, role)] }, ...more },
  );
}

/** An elastic address, and what it belongs to. */
export function address(name: string, of: Planned): Planned[] {
  const eip = planned(EIP, name, { domain: "vpc" });
  if (of.type !== INSTANCE) return [eip, { ...of, references: { allocationId: [eip.urn] } }];
  const ends = { references: { allocationId: [eip.urn], instanceId: [of.urn] } };
  return [
    eip,
    of,
    planned("aws:ec2/eipAssociation:EipAssociation", name, { allocationId: UNKNOWN, instanceId: UNKNOWN }, ends),
  ];
}

const BUCKET = { references: { bucket: [urn("aws:s3/bucket:Bucket", "registry")] } };

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
  ...address("bastion", instance("bastion", "a", { associatePublicIpAddress: true })),
  ...address("way-out-a", planned("aws:ec2/natGateway:NatGateway", "a", { allocationId: UNKNOWN })),
  planned("aws:ec2/subnet:Subnet", "private-a", { mapPublicIpOnLaunch: false }),
  planned("aws:ec2/securityGroup:SecurityGroup", "manager", {}),
  ingress("manager", { group: "node" }, 2377),
  ingress("bastion", { range: "203.0.113.0/24" }, 22),
  ingress("lb-app", { range: "0.0.0.0/0" }, 443),
  ...Object.values(BUCKET_PARTS),
];

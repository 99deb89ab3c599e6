/**
 * What has to be there before a resource is created, and may go only after it, although none of its properties names it.
 * A program says so by `dependsOn`; without it AWS refuses now and then, depending on which call comes first.
 */

/** A resource of a program, as far as its dependencies go. */
export interface GraphResource {
  readonly urn: string;
  /** Type token, with `aws:`. */
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** URNs that it waits for, by dependsOn or through its inputs. */
  readonly dependencies: readonly string[];
  /** URNs by the input property that brings them. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

/** One step from some resources to others. */
type Step =
  /** To those that a property names. */
  | { readonly to: string }
  /** To those of a type that name them by a property. */
  | { readonly from: string; readonly by: string; readonly where?: (inputs: GraphResource["inputs"]) => boolean }
  /** To all of a type. */
  | { readonly all: string };

/** A dependency that has to be there: everything at the end of the path. */
export interface RequiredDependency {
  /** Type of the resource that waits, without `aws:`. */
  readonly type: string;
  /** Which of them. @default all */
  readonly when?: (inputs: GraphResource["inputs"]) => boolean;
  readonly path: readonly Step[];
  readonly why: string;
  readonly source: string;
}

const associations: Step = { from: "ec2/routeTableAssociation:RouteTableAssociation", by: "subnetId" };
const routes: readonly Step[] = [associations, { to: "routeTableId" }, { from: "ec2/route:Route", by: "routeTableId" }];
const isPublic = (inputs: GraphResource["inputs"]): boolean => inputs["internal"] !== true;
const policies: Step = { from: "iam/rolePolicy:RolePolicy", by: "role" };

/** Source of what the provider's documentation says about a resource. */
const provider = (resource: string): string =>
  `hashicorp/terraform-provider-aws website/docs/r/${resource}.html.markdown`;
const EC2 = "docs.aws.amazon.com/AWSEC2/latest/APIReference";

/** All of them. */
export const REQUIRED: readonly RequiredDependency[] = [
  {
    type: "lb/loadBalancer:LoadBalancer",
    when: isPublic,
    path: [{ to: "subnets" }, ...routes],
    why: "CreateLoadBalancer refuses subnets without a route to an internet gateway (InvalidSubnet), and the gateway can't be detached while its addresses exist",
    source:
      "docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html; pulumi-awsx issue 1157",
  },
  {
    type: "lb/loadBalancer:LoadBalancer",
    when: isPublic,
    path: [{ to: "subnets" }, associations],
    why: "the route counts only once the subnet is associated with its table",
    source: "docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html",
  },
  {
    type: "ec2/natGateway:NatGateway",
    path: [{ to: "subnetId" }, ...routes],
    why: "without an internet gateway it fails (Gateway.NotAttached), and the gateway can't be detached while its address exists",
    source: `${EC2}/API_NatGateway.html; ${provider("nat_gateway")}`,
  },
  {
    type: "ec2/natGateway:NatGateway",
    path: [{ to: "subnetId" }, associations],
    why: "hosts that wait for it want their packages through it",
    source: provider("nat_gateway"),
  },
  {
    type: "ec2/eip:Eip",
    path: [{ all: "ec2/internetGateway:InternetGateway" }],
    why: "DetachInternetGateway refuses while the VPC has mapped public addresses (DependencyViolation)",
    source: `${provider("eip")}; ${EC2}/API_DetachInternetGateway.html`,
  },
  {
    type: "ec2/eipAssociation:EipAssociation",
    path: [{ to: "instanceId" }, { to: "subnetId" }, ...routes],
    why: "AssociateAddress refuses in a VPC without an internet gateway (Gateway.NotAttached)",
    source: `${EC2}/API_AssociateAddress.html`,
  },
  {
    type: "ec2/instance:Instance",
    path: [{ to: "subnetId" }, ...routes],
    why: "its first boot fetches the host key and packages",
    source: "scripts/boot.sh",
  },
  {
    type: "ec2/instance:Instance",
    path: [{ to: "subnetId" }, associations],
    why: "its first boot fetches the host key and packages",
    source: "scripts/boot.sh",
  },
  {
    type: "ec2/instance:Instance",
    path: [
      { to: "vpcSecurityGroupIds" },
      {
        from: "vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        by: "securityGroupId",
        where: ({ cidrIpv4 }) => cidrIpv4 !== undefined,
      },
    ],
    why: "its first boot fetches the host key and packages",
    source: "scripts/boot.sh",
  },
  {
    type: "ec2/instance:Instance",
    path: [{ to: "iamInstanceProfile" }, { to: "role" }, policies],
    why: "its first boot reads the host key by the role, and the agent caches a refusal",
    source: "scripts/boot.sh; docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html",
  },
  {
    type: "ec2/instance:Instance",
    when: ({ privateIp }) => privateIp !== undefined,
    path: [{ to: "subnetId" }, { from: "ec2/subnetCidrReservation:SubnetCidrReservation", by: "subnetId" }],
    why: "without the reservation AWS may give its address to another host",
    source: "docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html",
  },
  {
    type: "ec2/flowLog:FlowLog",
    path: [{ to: "iamRoleArn" }, policies],
    why: "the first deliveries fail without the policy (Access error)",
    source: "docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html",
  },
  ...["s3/bucketPolicy:BucketPolicy", "s3/bucketOwnershipControls:BucketOwnershipControls"].map((type) => ({
    type,
    path: [{ to: "bucket" }, { from: "s3/bucketPublicAccessBlock:BucketPublicAccessBlock", by: "bucket" }],
    why: "S3 refuses two changes of a bucket's access settings at a time (OperationAborted)",
    source: "docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
  })),
  {
    type: "s3/bucketPolicy:BucketPolicy",
    path: [{ to: "bucket" }, { from: "s3/bucketOwnershipControls:BucketOwnershipControls", by: "bucket" }],
    why: "S3 refuses two changes of a bucket's access settings at a time (OperationAborted)",
    source: "docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
  },
  {
    type: "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    path: [{ to: "bucket" }, { from: "s3/bucketVersioning:BucketVersioning", by: "bucket" }],
    why: "rules about noncurrent versions need versioning first",
    source: provider("s3_bucket_lifecycle_configuration"),
  },
];

/** A resource that doesn't wait for another one, and should. */
export interface MissingDependency {
  readonly resource: string;
  readonly needs: string;
  readonly why: string;
}

/** All dependencies of {@link REQUIRED} that a program lacks. A path that ends in nothing requires nothing. */
export function missingDependencies(
  resources: readonly GraphResource[],
  required: readonly RequiredDependency[] = REQUIRED,
): MissingDependency[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return resources.flatMap((resource) => {
    const own = required.filter(
      ({ type, when }) => resource.type === `aws:${type}` && when?.(resource.inputs) !== false,
    );
    if (own.length === 0) return [];
    const there = closure(resource, byUrn);
    return own.flatMap(({ path, why }) =>
      path
        .reduce<readonly GraphResource[]>((at, step) => follow(at, step, resources, byUrn), [resource])
        .filter(({ urn }) => !there.has(urn))
        .map((needed) => ({ resource: label(resource), needs: label(needed), why })),
    );
  });
}

function follow(
  at: readonly GraphResource[],
  step: Step,
  all: readonly GraphResource[],
  byUrn: ReadonlyMap<string, GraphResource>,
): readonly GraphResource[] {
  if ("all" in step) return all.filter(({ type }) => type === `aws:${step.all}`);
  if ("to" in step)
    return at.flatMap(({ propertyDependencies }) =>
      (propertyDependencies[step.to] ?? []).flatMap((urn) => byUrn.get(urn) ?? []),
    );
  const urns = new Set(at.map(({ urn }) => urn));
  return all.filter(
    ({ type, inputs, propertyDependencies }) =>
      type === `aws:${step.from}` &&
      (propertyDependencies[step.by] ?? []).some((urn) => urns.has(urn)) &&
      step.where?.(inputs) !== false,
  );
}

/** URNs of everything that a resource waits for, directly or through others. */
function closure(resource: GraphResource, byUrn: ReadonlyMap<string, GraphResource>): Set<string> {
  const seen = new Set<string>();
  const queue = [...resource.dependencies];
  for (let urn = queue.pop(); urn !== undefined; urn = queue.pop()) {
    if (seen.has(urn)) continue;
    seen.add(urn);
    queue.push(...(byUrn.get(urn)?.dependencies ?? []));
  }
  return seen;
}

function label({ type, name }: GraphResource): string {
  return `${type.split(":").at(-1) ?? ""} ${name}`;
}

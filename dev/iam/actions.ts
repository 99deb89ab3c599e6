/** What the AWS provider calls for each resource type. */

/** IAM actions of one resource type. */
export interface TypeActions {
  /** Reading it, which `refresh` does, and every create and update at its end. */
  readonly read: readonly string[];
  /** Creating it, the program's properties given. */
  readonly create: readonly string[];
  /** Changing it in place, tags included. */
  readonly update: readonly string[];
  readonly delete: readonly string[];
}

const EC2_TAGS = ["ec2:CreateTags", "ec2:DeleteTags"];
const ELB = "elasticloadbalancing";
const ELB_TAGS = [`${ELB}:AddTags`, `${ELB}:RemoveTags`];

/**
 * Reading a bucket: the resource reads all of its settings, whichever of them the program sets. Its tags it asks S3 Control
 * for, and S3 itself only where that is refused. Source: the provider's changelog, 6.23.0.
 */
const BUCKET_READ = [
  "s3:ListBucket",
  "s3:GetBucketLocation",
  "s3:GetBucketTagging",
  "s3:ListTagsForResource",
  "s3:GetBucketAcl",
  "s3:GetBucketPolicy",
  "s3:GetBucketCORS",
  "s3:GetBucketWebsite",
  "s3:GetBucketVersioning",
  "s3:GetAccelerateConfiguration",
  "s3:GetBucketRequestPayment",
  "s3:GetBucketLogging",
  "s3:GetLifecycleConfiguration",
  "s3:GetReplicationConfiguration",
  "s3:GetEncryptionConfiguration",
  "s3:GetBucketObjectLockConfiguration",
];

/** A setting of a bucket, which has one call to write and one to read it. */
function bucketSetting(read: string, write: string, remove: string = write): TypeActions {
  return { read: ["s3:ListBucket", read], create: [write], update: [write], delete: [remove] };
}

function securityGroupRule(direction: "Ingress" | "Egress"): TypeActions {
  return {
    read: ["ec2:DescribeSecurityGroupRules"],
    create: [`ec2:AuthorizeSecurityGroup${direction}`, "ec2:CreateTags"],
    update: ["ec2:ModifySecurityGroupRules", ...EC2_TAGS],
    delete: [`ec2:RevokeSecurityGroup${direction}`],
  };
}

/**
 * By type, as @pulumi/aws names them. Source: hashicorp/terraform-provider-aws, internal/service/<service>, the resource's
 * create, read, update and delete functions; names of actions: AWS's Service Authorization Reference.
 */
export const ACTIONS: Readonly<Record<string, TypeActions>> = {
  "cloudwatch/logGroup:LogGroup": {
    read: ["logs:DescribeLogGroups", "logs:ListTagsForResource"],
    create: ["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"],
    update: ["logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:TagResource", "logs:UntagResource"],
    delete: ["logs:DeleteLogGroup"],
  },
  "cloudwatch/metricAlarm:MetricAlarm": {
    read: ["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
    create: ["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"],
    update: ["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"],
    delete: ["cloudwatch:DeleteAlarms"],
  },
  // Tags it first, then empties it.
  "ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    read: ["ec2:DescribeSecurityGroups"],
    create: ["ec2:CreateTags", "ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"],
    update: EC2_TAGS,
    delete: [],
  },
  "ec2/eip:Eip": {
    read: ["ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute"],
    create: ["ec2:AllocateAddress", "ec2:CreateTags"],
    update: EC2_TAGS,
    delete: ["ec2:ReleaseAddress", "ec2:DisassociateAddress"],
  },
  "ec2/eipAssociation:EipAssociation": {
    read: ["ec2:DescribeAddresses"],
    create: ["ec2:AssociateAddress"],
    update: [],
    delete: ["ec2:DisassociateAddress"],
  },
  "ec2/flowLog:FlowLog": {
    read: ["ec2:DescribeFlowLogs"],
    create: ["ec2:CreateFlowLogs", "ec2:CreateTags", "iam:PassRole"],
    update: EC2_TAGS,
    delete: ["ec2:DeleteFlowLogs"],
  },
  "ec2/instance:Instance": {
    read: [
      "ec2:DescribeInstances",
      "ec2:DescribeInstanceTypes",
      "ec2:DescribeInstanceAttribute",
      "ec2:DescribeInstanceCreditSpecifications",
      "ec2:DescribeIamInstanceProfileAssociations",
      "ec2:DescribeVolumes",
      "ec2:DescribeTags",
      "ec2:DescribeVpcs",
      "ec2:DescribeImages",
    ],
    create: ["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"],
    update: [
      "ec2:ModifyInstanceAttribute",
      "ec2:ModifyInstanceMetadataOptions",
      "ec2:ModifyNetworkInterfaceAttribute",
      "ec2:ModifyVolume",
      "ec2:AssociateIamInstanceProfile",
      "ec2:ReplaceIamInstanceProfileAssociation",
      "ec2:StopInstances",
      "ec2:StartInstances",
      ...EC2_TAGS,
    ],
    delete: ["ec2:TerminateInstances", "ec2:ModifyInstanceAttribute"],
  },
  "ec2/internetGateway:InternetGateway": {
    read: ["ec2:DescribeInternetGateways"],
    create: ["ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:CreateTags"],
    update: EC2_TAGS,
    delete: ["ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"],
  },
  "ec2/natGateway:NatGateway": {
    read: ["ec2:DescribeNatGateways"],
    create: ["ec2:CreateNatGateway", "ec2:CreateTags"],
    update: EC2_TAGS,
    delete: ["ec2:DeleteNatGateway"],
  },
  "ec2/route:Route": {
    read: ["ec2:DescribeRouteTables"],
    create: ["ec2:CreateRoute"],
    update: ["ec2:ReplaceRoute"],
    delete: ["ec2:DeleteRoute"],
  },
  "ec2/routeTable:RouteTable": {
    read: ["ec2:DescribeRouteTables"],
    create: ["ec2:CreateRouteTable", "ec2:CreateTags"],
    update: EC2_TAGS,
    delete: ["ec2:DisassociateRouteTable", "ec2:DeleteRouteTable"],
  },
  "ec2/routeTableAssociation:RouteTableAssociation": {
    read: ["ec2:DescribeRouteTables"],
    create: ["ec2:AssociateRouteTable"],
    update: ["ec2:ReplaceRouteTableAssociation"],
    delete: ["ec2:DisassociateRouteTable"],
  },
  // A new group lets everything out: the provider takes that rule away. Load balancers leave network interfaces behind.
  "ec2/securityGroup:SecurityGroup": {
    read: ["ec2:DescribeSecurityGroups"],
    create: ["ec2:CreateSecurityGroup", "ec2:RevokeSecurityGroupEgress", "ec2:CreateTags"],
    update: EC2_TAGS,
    delete: ["ec2:DeleteSecurityGroup", "ec2:DescribeNetworkInterfaces"],
  },
  "ec2/subnet:Subnet": {
    read: ["ec2:DescribeSubnets"],
    create: ["ec2:CreateSubnet", "ec2:ModifySubnetAttribute", "ec2:CreateTags"],
    update: ["ec2:ModifySubnetAttribute", ...EC2_TAGS],
    delete: ["ec2:DeleteSubnet", "ec2:DescribeNetworkInterfaces"],
  },
  "ec2/subnetCidrReservation:SubnetCidrReservation": {
    read: ["ec2:GetSubnetCidrReservations"],
    create: ["ec2:CreateSubnetCidrReservation"],
    update: [],
    delete: ["ec2:DeleteSubnetCidrReservation"],
  },
  "ec2/vpc:Vpc": {
    read: [
      "ec2:DescribeVpcs",
      "ec2:DescribeVpcAttribute",
      "ec2:DescribeNetworkAcls",
      "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroups",
    ],
    create: ["ec2:CreateVpc", "ec2:ModifyVpcAttribute", "ec2:CreateTags"],
    update: ["ec2:ModifyVpcAttribute", ...EC2_TAGS],
    delete: ["ec2:DeleteVpc"],
  },
  "ec2/vpcEndpoint:VpcEndpoint": {
    read: ["ec2:DescribeVpcEndpoints", "ec2:DescribePrefixLists"],
    create: ["ec2:CreateVpcEndpoint", "ec2:CreateTags"],
    update: ["ec2:ModifyVpcEndpoint", ...EC2_TAGS],
    delete: ["ec2:DeleteVpcEndpoints"],
  },
  "iam/instanceProfile:InstanceProfile": {
    read: ["iam:GetInstanceProfile", "iam:ListInstanceProfileTags"],
    create: ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:TagInstanceProfile", "iam:PassRole"],
    update: [
      "iam:AddRoleToInstanceProfile",
      "iam:RemoveRoleFromInstanceProfile",
      "iam:TagInstanceProfile",
      "iam:UntagInstanceProfile",
    ],
    delete: ["iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"],
  },
  "iam/role:Role": {
    read: [
      "iam:GetRole",
      "iam:ListRoleTags",
      "iam:ListRolePolicies",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
    ],
    create: ["iam:CreateRole", "iam:TagRole"],
    update: [
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
      "iam:TagRole",
      "iam:UntagRole",
    ],
    delete: [
      "iam:ListInstanceProfilesForRole",
      "iam:RemoveRoleFromInstanceProfile",
      "iam:DeleteRolePolicy",
      "iam:DeleteRole",
    ],
  },
  "iam/rolePolicy:RolePolicy": {
    read: ["iam:GetRolePolicy"],
    create: ["iam:PutRolePolicy"],
    update: ["iam:PutRolePolicy"],
    delete: ["iam:DeleteRolePolicy"],
  },
  "lb/listener:Listener": {
    read: [`${ELB}:DescribeListeners`, `${ELB}:DescribeListenerAttributes`, `${ELB}:DescribeTags`],
    create: [`${ELB}:CreateListener`, `${ELB}:ModifyListenerAttributes`, `${ELB}:AddTags`],
    update: [`${ELB}:ModifyListener`, `${ELB}:ModifyListenerAttributes`, ...ELB_TAGS],
    delete: [`${ELB}:DeleteListener`],
  },
  // The first one of an account makes Elastic Load Balancing's own role.
  "lb/loadBalancer:LoadBalancer": {
    read: [
      `${ELB}:DescribeLoadBalancers`,
      `${ELB}:DescribeLoadBalancerAttributes`,
      `${ELB}:DescribeCapacityReservation`,
      `${ELB}:DescribeTags`,
    ],
    create: [
      `${ELB}:CreateLoadBalancer`,
      `${ELB}:ModifyLoadBalancerAttributes`,
      `${ELB}:AddTags`,
      "iam:CreateServiceLinkedRole",
    ],
    update: [
      `${ELB}:ModifyLoadBalancerAttributes`,
      `${ELB}:SetSecurityGroups`,
      `${ELB}:SetSubnets`,
      `${ELB}:SetIpAddressType`,
      ...ELB_TAGS,
    ],
    delete: [`${ELB}:DeleteLoadBalancer`, "ec2:DescribeNetworkInterfaces"],
  },
  "lb/targetGroup:TargetGroup": {
    read: [`${ELB}:DescribeTargetGroups`, `${ELB}:DescribeTargetGroupAttributes`, `${ELB}:DescribeTags`],
    create: [`${ELB}:CreateTargetGroup`, `${ELB}:ModifyTargetGroupAttributes`, `${ELB}:AddTags`],
    update: [`${ELB}:ModifyTargetGroup`, `${ELB}:ModifyTargetGroupAttributes`, ...ELB_TAGS],
    delete: [`${ELB}:DeleteTargetGroup`],
  },
  "lb/targetGroupAttachment:TargetGroupAttachment": {
    read: [`${ELB}:DescribeTargetHealth`],
    create: [`${ELB}:RegisterTargets`],
    update: [],
    delete: [`${ELB}:DeregisterTargets`],
  },
  "route53/record:Record": {
    read: ["route53:GetHostedZone", "route53:ListResourceRecordSets"],
    create: ["route53:ChangeResourceRecordSets", "route53:GetChange"],
    update: ["route53:ChangeResourceRecordSets", "route53:GetChange"],
    delete: ["route53:ChangeResourceRecordSets", "route53:GetChange"],
  },
  "route53/zone:Zone": {
    read: ["route53:GetHostedZone", "route53:ListTagsForResource", "route53:ListResourceRecordSets"],
    create: ["route53:CreateHostedZone", "route53:ChangeTagsForResource", "route53:GetChange", "ec2:DescribeVpcs"],
    update: ["route53:UpdateHostedZoneComment", "route53:ChangeTagsForResource"],
    delete: ["route53:DeleteHostedZone", "route53:GetChange"],
  },
  // `forceDestroy` empties it first, versions included.
  "s3/bucket:Bucket": {
    read: BUCKET_READ,
    create: ["s3:CreateBucket", "s3:PutBucketTagging", "s3:TagResource"],
    update: ["s3:PutBucketTagging", "s3:TagResource", "s3:UntagResource"],
    delete: ["s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"],
  },
  "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": bucketSetting(
    "s3:GetLifecycleConfiguration",
    "s3:PutLifecycleConfiguration",
  ),
  "s3/bucketOwnershipControls:BucketOwnershipControls": bucketSetting(
    "s3:GetBucketOwnershipControls",
    "s3:PutBucketOwnershipControls",
  ),
  "s3/bucketPolicy:BucketPolicy": bucketSetting("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
  "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucketSetting(
    "s3:GetBucketPublicAccessBlock",
    "s3:PutBucketPublicAccessBlock",
  ),
  "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": bucketSetting(
    "s3:GetEncryptionConfiguration",
    "s3:PutEncryptionConfiguration",
  ),
  "s3/bucketVersioning:BucketVersioning": bucketSetting("s3:GetBucketVersioning", "s3:PutBucketVersioning"),
  // It reads the value, too: a refresh needs the right to read the host keys.
  "ssm/parameter:Parameter": {
    read: ["ssm:GetParameter", "ssm:DescribeParameters", "ssm:ListTagsForResource"],
    create: ["ssm:PutParameter", "ssm:AddTagsToResource"],
    update: ["ssm:PutParameter", "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource"],
    delete: ["ssm:DeleteParameter"],
  },
  "vpc/securityGroupEgressRule:SecurityGroupEgressRule": securityGroupRule("Egress"),
  "vpc/securityGroupIngressRule:SecurityGroupIngressRule": securityGroupRule("Ingress"),
};

/** What our commands ask, besides what the provider reads: cli/platform/aws, cli/platform/aws/quotas, cli/platform/aws/unmanaged, cli/pulumi. */
export const COMMANDS: readonly string[] = [
  "ec2:DescribeInstanceTypeOfferings",
  "servicequotas:GetServiceQuota",
  "servicequotas:GetAWSDefaultServiceQuota",
  "tag:GetResources",
  "iam:ListRoles",
  "iam:ListInstanceProfiles",
  "route53:ListHostedZones",
  `${ELB}:DescribeTargetHealth`,
];

/** The actions of all types, of these kinds. */
export function actionsOf(...kinds: readonly (keyof TypeActions)[]): string[] {
  const all = Object.values(ACTIONS).flatMap((type) => kinds.flatMap((kind) => type[kind]));
  return [...new Set(all)].sort();
}

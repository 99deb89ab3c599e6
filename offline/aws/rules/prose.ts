/** Rules that stand in the documentation only: the API models don't have them. */
import type { Constraint, PropertyRules } from "./constraint";

const EC2 = "docs.aws.amazon.com/AWSEC2/latest/APIReference";
const ELB = "docs.aws.amazon.com/elasticloadbalancing/latest/APIReference";
const TAGS = "docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html";

/** Characters of names and descriptions of security groups and of their rules. */
const GROUP_TEXT = "[a-zA-Z0-9. _\\-:/()#,@\\[\\]+=&;{}!$*]*";
const GROUP_WORDS = "has letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* only";

const groupText = (page: string): Constraint[] => [
  { source: `${EC2}/${page}`, pattern: GROUP_TEXT, says: GROUP_WORDS },
  { source: `${EC2}/${page}`, max: 255 },
];

const tags: PropertyRules = {
  tags: [{ source: TAGS, counts: "entries", max: 50 }],
  "tags.*": [
    { source: TAGS, max: 256 },
    { source: TAGS, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*", says: "has letters, digits, spaces and _.:/=+-@ only" },
  ],
};

const protocol: Constraint = {
  source: `${EC2}/API_IpPermission.html`,
  required: true,
  pattern: "tcp|udp|icmp|icmpv6|-1|\\d{1,3}",
  says: "is tcp, udp, icmp, icmpv6, -1 or the number of a protocol",
};
const port: Constraint = { source: `${EC2}/API_IpPermission.html`, counts: "value", min: -1, max: 65_535 };
const groupRule: PropertyRules = {
  description: groupText("API_IpRange.html"),
  ipProtocol: [protocol],
  fromPort: [port],
  toPort: [port],
  ...tags,
};

/** Names of load balancers and target groups. */
const balancerName = (page: string): Constraint[] => [
  { source: `${ELB}/${page}`, max: 32 },
  {
    source: `${ELB}/${page}`,
    pattern: "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?",
    says: "has letters, digits and hyphens only, and no hyphen at its ends",
  },
];

const BUCKET_NAMES = "docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html";
const bucket: Constraint[] = [
  { source: BUCKET_NAMES, min: 3, max: 63 },
  {
    source: BUCKET_NAMES,
    pattern: "[a-z0-9][a-z0-9.-]*[a-z0-9]",
    says: "has small letters, digits, dots and hyphens only, and a letter or digit at its ends",
  },
  {
    source: BUCKET_NAMES,
    not: "\\.\\.|^\\d+\\.\\d+\\.\\d+\\.\\d+$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3)$",
    says: "has no two dots in a row, is no IP address, and has no reserved prefix or suffix",
  },
];

const cidr = (page: string): Constraint => ({
  source: `${EC2}/${page}`,
  pattern: "\\d+\\.\\d+\\.\\d+\\.\\d+/(1[6-9]|2[0-8])",
  says: "is an IPv4 range from /16 to /28",
});

/** Labels of 63 characters at most; the first may be an asterisk. Names of zones may end with a dot. */
const DNS: Constraint = {
  source: "docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html",
  max: 255,
  pattern: "(\\*\\.)?([a-zA-Z0-9_-]{1,63}\\.)*[a-zA-Z0-9_-]{1,63}\\.?",
  says: "is a DNS name of at most 255 characters, with labels of 1 to 63 characters",
};

const SSM_NAMES = "docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html";
const LIFECYCLE = "docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html";

/** By resource type. */
export const PROSE_RULES: Readonly<Record<string, PropertyRules>> = {
  "cloudwatch/logGroup:LogGroup": {
    retentionInDays: [
      {
        source: "docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        enum: "0 1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653".split(" "),
      },
    ],
    ...tags,
  },
  "cloudwatch/metricAlarm:MetricAlarm": {
    treatMissingData: [
      {
        source: "docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
        enum: ["breaching", "notBreaching", "ignore", "missing"],
      },
    ],
    "alarmActions[]": [
      {
        source: "docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
        pattern: "arn:aws[a-z-]*:[a-z0-9-]+:.*",
        says: "is an ARN",
      },
    ],
    ...tags,
  },
  "ec2/defaultSecurityGroup:DefaultSecurityGroup": tags,
  "ec2/eip:Eip": tags,
  "ec2/flowLog:FlowLog": {
    maxAggregationInterval: [{ source: `${EC2}/API_CreateFlowLogs.html`, enum: ["60", "600"] }],
    ...tags,
  },
  "ec2/instance:Instance": {
    userData: [
      {
        source: "docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html",
        counts: "bytes",
        max: 16_384,
        says: "has at most 16 KiB before it is encoded",
      },
    ],
    vpcSecurityGroupIds: [
      {
        source: "docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html (security groups per interface)",
        counts: "entries",
        min: 1,
        max: 5,
      },
    ],
    "metadataOptions.httpPutResponseHopLimit": [
      { source: `${EC2}/API_InstanceMetadataOptionsRequest.html`, counts: "value", min: 1, max: 64 },
    ],
    "rootBlockDevice.volumeSize": [
      {
        source: "docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html (16 TiB before September 2025)",
        counts: "value",
        min: 1,
        max: 65_536,
      },
    ],
    "rootBlockDevice.tags.*": tags["tags.*"] ?? [],
    instanceType: [
      {
        source: `${EC2}/API_RunInstances.html (the model's list is not taken: it lacks newer types)`,
        required: true,
        pattern: "[a-z0-9-]+\\.[a-z0-9-]+",
        says: "is an instance type",
      },
    ],
    ...tags,
  },
  "ec2/internetGateway:InternetGateway": tags,
  "ec2/natGateway:NatGateway": tags,
  "ec2/routeTable:RouteTable": tags,
  "ec2/securityGroup:SecurityGroup": {
    name: [
      ...groupText("API_CreateSecurityGroup.html"),
      { source: `${EC2}/API_CreateSecurityGroup.html`, not: "^sg-", says: "doesn't begin with sg-" },
    ],
    description: groupText("API_CreateSecurityGroup.html"),
    ...tags,
  },
  "ec2/subnet:Subnet": { cidrBlock: [cidr("API_CreateSubnet.html")], ...tags },
  "ec2/vpc:Vpc": { cidrBlock: [cidr("API_CreateVpc.html")], ...tags },
  "ec2/vpcEndpoint:VpcEndpoint": {
    serviceName: [
      {
        source: "docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
        pattern: "com\\.amazonaws\\.[a-z0-9-]+\\.(s3|dynamodb)",
        says: "is the name of S3's or DynamoDB's gateway endpoint",
      },
    ],
    ...tags,
  },
  "iam/instanceProfile:InstanceProfile": tags,
  "iam/role:Role": tags,
  "lb/listener:Listener": tags,
  "lb/loadBalancer:LoadBalancer": {
    name: [
      ...balancerName("API_CreateLoadBalancer.html"),
      { source: `${ELB}/API_CreateLoadBalancer.html`, not: "^internal-", says: "doesn't begin with internal-" },
    ],
    securityGroups: [
      {
        source: "docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html (security groups per interface)",
        counts: "entries",
        max: 5,
      },
    ],
    subnets: [{ source: `${ELB}/API_CreateLoadBalancer.html`, counts: "entries", min: 1 }],
    ...tags,
  },
  "lb/targetGroup:TargetGroup": {
    name: balancerName("API_CreateTargetGroup.html"),
    deregistrationDelay: [{ source: `${ELB}/API_TargetGroupAttribute.html`, counts: "value", min: 0, max: 3600 }],
    "healthCheck.port": [
      {
        source: `${ELB}/API_CreateTargetGroup.html`,
        pattern: "traffic-port|[1-9]\\d{0,4}",
        says: "is a port, or traffic-port",
      },
    ],
    "healthCheck.path": [
      { source: `${ELB}/API_CreateTargetGroup.html`, pattern: "/\\S*", says: "is a path that begins with /" },
    ],
    "healthCheck.matcher": [
      {
        source: `${ELB}/API_Matcher.html (Network Load Balancers: 200 to 599)`,
        pattern: "[2-5]\\d\\d([,-][2-5]\\d\\d)*",
        says: "has status codes from 200 to 599",
      },
    ],
    "targetHealthStates[].unhealthyDrainingInterval": [
      { source: `${ELB}/API_TargetGroupAttribute.html`, counts: "value", min: 0, max: 360_000 },
    ],
    ...tags,
  },
  "route53/record:Record": { name: [DNS] },
  "route53/zone:Zone": { name: [DNS], ...tags },
  "s3/bucket:Bucket": { bucket, ...tags },
  "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    "rules[].id": [{ source: LIFECYCLE, required: true, max: 255 }],
    "rules[].expiration.days": [{ source: LIFECYCLE, counts: "value", min: 1 }],
    "rules[].noncurrentVersionExpiration.noncurrentDays": [{ source: LIFECYCLE, counts: "value", min: 1 }],
    "rules[].abortIncompleteMultipartUpload.daysAfterInitiation": [{ source: LIFECYCLE, counts: "value", min: 1 }],
  },
  "ssm/parameter:Parameter": {
    name: [
      {
        source: SSM_NAMES,
        pattern: "[a-zA-Z0-9_.\\-/]+",
        says: "has letters, digits and _.-/ only",
      },
      { source: SSM_NAMES, not: "^/?([aA][wW][sS]|[sS][sS][mM])", says: "doesn't begin with aws or ssm" },
      { source: SSM_NAMES, not: "^(/[^/]+){16}", says: "has at most 15 levels" },
      { source: `${SSM_NAMES} (1011 characters, the ARN before it included)`, max: 900 },
    ],
    value: [
      {
        source: `${SSM_NAMES} (standard tier)`,
        required: true,
        counts: "bytes",
        min: 1,
        max: 4096,
        says: "has 1 to 4096 bytes in the standard tier",
      },
    ],
    ...tags,
  },
  "vpc/securityGroupEgressRule:SecurityGroupEgressRule": groupRule,
  "vpc/securityGroupIngressRule:SecurityGroupIngressRule": groupRule,
};

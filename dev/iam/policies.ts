/** The policies of CI's roles, from the table of actions. Words in capitals are to be replaced: docs/environments.md. */
import { LABELS } from "../../plan/labels";
import { actionsOf, COMMANDS } from "./actions";

type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** A statement of a policy. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Condition;
}

/** A policy. */
export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

const TAG = LABELS.stack;
/** The resource carries the stack's tag. */
const OURS: Condition = { StringEquals: { [`aws:ResourceTag/${TAG}`]: "STACK" } };
/** The call gives the stack's tag to what it creates. */
const TAGGED: Condition = { StringEquals: { [`aws:RequestTag/${TAG}`]: "STACK" } };

const ec2 = (...types: readonly string[]): string[] => types.map((type) => `arn:aws:ec2:REGION:ACCOUNT:${type}/*`);
const balancing = (...types: readonly string[]): string[] =>
  types.map((type) => `arn:aws:elasticloadbalancing:REGION:ACCOUNT:${type}/*`);

/** Names that the program gives them: components/platform/aws, roles.ts, flow-logs.ts and storage.ts. */
const ROLES = ["role/role-*", "role/flow-logs-*"].map((name) => `arn:aws:iam::ACCOUNT:${name}`);
const PROFILES = ["arn:aws:iam::ACCOUNT:instance-profile/profile-*"];
const BUCKETS = ["arn:aws:s3:::registry-storage-*", "arn:aws:s3:::backup-storage-*"];
const PARAMETERS = ["arn:aws:ssm:REGION:ACCOUNT:parameter/swarm-ha/STACK/*"];
const LOGS = ["flow-logs-*", "flow-logs-*:*"].map((name) => `arn:aws:logs:REGION:ACCOUNT:log-group:${name}`);
const ALARMS = ["arn:aws:cloudwatch:REGION:ACCOUNT:alarm:lb-*"];

function allow(Sid: string, Action: readonly string[], Resource: readonly string[], Condition?: Condition): Statement {
  const actions = [...new Set(Action)].sort();
  return { Sid, Effect: "Allow", Action: actions, Resource, ...(Condition === undefined ? {} : { Condition }) };
}

function policy(...Statement: readonly Statement[]): Policy {
  return { Version: "2012-10-17", Statement };
}

const service = (prefix: string, actions: readonly string[]): string[] =>
  actions.filter((action) => action.startsWith(`${prefix}:`));

/** Reading what has no secret in it. What S3 and IAM have is named; the others' describe calls know no resources, or few. */
function look(reads: readonly string[]): Statement[] {
  const named = ["s3:", "iam:", "ssm:GetParameter"];
  const lists = reads.filter((action) => /^iam:(?:ListRoles|ListInstanceProfiles)$/.test(action));
  const free = reads.filter((action) => !named.some((prefix) => action.startsWith(prefix)));
  const roles = service("iam", reads).filter((action) => !lists.includes(action));
  return [
    allow("Describe", [...free, ...lists], ["*"]),
    allow("Roles", roles, [...ROLES, ...PROFILES]),
    allow("Buckets", service("s3", reads), BUCKETS),
  ];
}

/**
 * Reading: previews, reviews, `status` and the other commands that change nothing. No host key, no object beyond the
 * state's. A preview writes a lock into the state's bucket, and removes it.
 */
export function previewPolicy(): Policy {
  // A host key's value is a secret. Previews don't refresh, so the provider reads none.
  const reads = actionsOf("read").filter((action) => action !== "ssm:GetParameter");
  return policy(
    ...look([...reads, ...COMMANDS, "ec2:DescribeNetworkInterfaces"]),
    allow("StateBucket", ["s3:ListBucket", "s3:GetBucketLocation"], ["arn:aws:s3:::STATE_BUCKET"]),
    allow("ReadState", ["s3:GetObject"], ["arn:aws:s3:::STATE_BUCKET/*"]),
    allow("LockState", ["s3:PutObject", "s3:DeleteObject"], ["arn:aws:s3:::STATE_BUCKET/.pulumi/locks/*"]),
    allow("StateKey", ["kms:Decrypt"], ["STATE_KEY_ARN"]),
  );
}

/** Creating, changing and deleting what a stack has of EC2 and Elastic Load Balancing. */
export function deployPolicy(): Policy {
  return policy(
    allow(
      "CreateTagged",
      [
        "ec2:AllocateAddress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateFlowLogs",
        "ec2:CreateInternetGateway",
        "ec2:CreateNatGateway",
        "ec2:CreateRouteTable",
        "ec2:CreateSecurityGroup",
        "ec2:CreateSubnet",
        "ec2:CreateVpc",
        "ec2:CreateVpcEndpoint",
        "ec2:RunInstances",
      ],
      ec2(
        "elastic-ip",
        "instance",
        "internet-gateway",
        "natgateway",
        "route-table",
        "security-group",
        "security-group-rule",
        "subnet",
        "vpc",
        "vpc-endpoint",
        "vpc-flow-log",
      ),
      TAGGED,
    ),
    // The other ends of these calls: what a new resource is created in.
    allow(
      "CreateIn",
      [
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateFlowLogs",
        "ec2:CreateNatGateway",
        "ec2:CreateRouteTable",
        "ec2:CreateSecurityGroup",
        "ec2:CreateSubnet",
        "ec2:CreateVpcEndpoint",
        "ec2:RunInstances",
      ],
      ec2("elastic-ip", "route-table", "security-group", "subnet", "vpc"),
      OURS,
    ),
    // Volumes and network interfaces of a new instance get no tag in the call, and images are others'.
    allow(
      "RunWith",
      ["ec2:RunInstances"],
      [
        ...ec2("network-interface", "volume"),
        "arn:aws:ec2:REGION::image/ami-*",
        "arn:aws:ec2:REGION:ACCOUNT:image/ami-*",
      ],
    ),
    allow("TagNew", ["ec2:CreateTags"], ec2("*"), {
      StringEquals: {
        [`aws:RequestTag/${TAG}`]: "STACK",
        "ec2:CreateAction": [
          "AllocateAddress",
          "AuthorizeSecurityGroupEgress",
          "AuthorizeSecurityGroupIngress",
          "CreateFlowLogs",
          "CreateInternetGateway",
          "CreateNatGateway",
          "CreateRouteTable",
          "CreateSecurityGroup",
          "CreateSubnet",
          "CreateVpc",
          "CreateVpcEndpoint",
          "RunInstances",
        ],
      },
    }),
    // The provider tags root volumes and the VPC's default group after they were created.
    allow("TagLater", ["ec2:CreateTags"], ec2("security-group", "volume"), {
      ...TAGGED,
      Null: { [`aws:ResourceTag/${TAG}`]: "true" },
    }),
    allow("Own", ownEc2(), ec2("*"), OURS),
    // It may be authorised on no resource, and then no tag is compared. A reservation holds no data.
    allow("Reservations", [FREE], ["*"]),
    // An instance's network interface has no tag.
    allow(
      "Interfaces",
      ["ec2:AssociateAddress", "ec2:DisassociateAddress", "ec2:ModifyNetworkInterfaceAttribute"],
      ec2("network-interface"),
    ),
    allow(
      "CreateBalancers",
      service("elasticloadbalancing", actionsOf("create")).filter((action) => /:(?:Create|AddTags)/.test(action)),
      balancing("listener", "loadbalancer", "targetgroup"),
      TAGGED,
    ),
    allow(
      "OwnBalancers",
      service("elasticloadbalancing", actionsOf("create", "update", "delete")).filter(
        (action) => !/:(?:Describe|CreateLoadBalancer|CreateTargetGroup)/.test(action),
      ),
      balancing("listener", "loadbalancer", "targetgroup"),
      OURS,
    ),
  );
}

/** The one call to EC2 whose resource type could not be confirmed. */
const FREE = "ec2:DeleteSubnetCidrReservation";

/** Everything of EC2 that changes or deletes what is there, but for {@link FREE}. */
function ownEc2(): string[] {
  const creating = new Set(["AllocateAddress", "CreateInternetGateway", "CreateVpc", "RunInstances"]);
  return service("ec2", actionsOf("create", "update", "delete")).filter((action) => {
    const name = action.slice("ec2:".length);
    return !name.startsWith("Describe") && !creating.has(name) && action !== FREE;
  });
}

/** The rest of a deployment, besides reading: roles, names, data, and the state. */
export function deployDataPolicy(): Policy {
  const iam = service("iam", actionsOf("create", "update", "delete"));
  const special = ["iam:PassRole", "iam:CreateServiceLinkedRole", "iam:CreateRole", "iam:CreateInstanceProfile"];
  const writes = (prefix: string): string[] => service(prefix, actionsOf("create", "update", "delete"));
  return policy(
    allow(
      "CreateRoles",
      ["iam:CreateRole", "iam:CreateInstanceProfile", "iam:TagRole", "iam:TagInstanceProfile"],
      [...ROLES, ...PROFILES],
      TAGGED,
    ),
    allow(
      "OwnRoles",
      iam.filter((action) => !special.includes(action)),
      [...ROLES, ...PROFILES],
      OURS,
    ),
    allow("PassRoles", ["iam:PassRole"], ROLES, {
      StringEquals: { "iam:PassedToService": ["ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com"] },
    }),
    allow(
      "BalancersRole",
      ["iam:CreateServiceLinkedRole"],
      ["arn:aws:iam::ACCOUNT:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"],
      { StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } },
    ),
    allow(
      "WriteBuckets",
      writes("s3").filter((action) => !action.includes(":DeleteObject")),
      BUCKETS,
    ),
    allow(
      "EmptyBuckets",
      ["s3:DeleteObject", "s3:DeleteObjectVersion"],
      BUCKETS.map((bucket) => `${bucket}/*`),
    ),
    allow("HostKeys", [...writes("ssm"), "ssm:GetParameter", "ssm:DeleteParameters"], PARAMETERS),
    allow("FlowLogs", writes("logs"), LOGS),
    allow("Alarms", writes("cloudwatch"), ALARMS),
    allow(
      "Zones",
      writes("route53").filter((action) => action !== "route53:ChangeResourceRecordSets"),
      ["*"],
    ),
    allow("Records", ["route53:ChangeResourceRecordSets"], ["arn:aws:route53:::hostedzone/*"], {
      "ForAllValues:StringEquals": {
        // Route 53 writes an asterisk as \052 here. Source: its developer guide, "Using IAM policy conditions".
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": [
          "manager.DOMAIN",
          "registry.DOMAIN",
          "\\052.app.DOMAIN",
        ],
      },
    }),
    allow("WriteState", ["s3:PutObject", "s3:DeleteObject"], ["arn:aws:s3:::STATE_BUCKET/*"]),
    allow("WriteStateKey", ["kms:Encrypt"], ["STATE_KEY_ARN"]),
  );
}

/** The tunnel to a bastion without a public address. */
export function sessionPolicy(): Policy {
  return policy(
    allow("Bastion", ["ssm:StartSession"], ec2("instance"), {
      StringEquals: { [`ssm:resourceTag/${TAG}`]: "STACK", [`ssm:resourceTag/${LABELS.host}`]: "bastion" },
    }),
    allow("Forwarding", ["ssm:StartSession"], ["arn:aws:ssm:REGION::document/AWS-StartPortForwardingSession"]),
    // Its own sessions alone. Source: Systems Manager user guide, "Additional sample IAM policies for Session Manager".
    allow("OwnSessions", ["ssm:ResumeSession", "ssm:TerminateSession"], ["arn:aws:ssm:*:*:session/${aws:userid}-*"]),
    allow("FindBastion", ["ec2:DescribeInstances"], ["*"]),
  );
}

/** The files in docs/iam. A deployment takes the first three, and the fourth where a tunnel leads to the bastion. */
export const POLICIES: Readonly<Record<string, () => Policy>> = {
  "preview.json": previewPolicy,
  "deploy.json": deployPolicy,
  "deploy-data.json": deployDataPolicy,
  "session.json": sessionPolicy,
};

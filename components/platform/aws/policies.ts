import { TAGS } from "./tags";

/** One statement of a policy. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: string | Readonly<Record<string, string>>;
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A policy's text. */
export function statements(...all: readonly Statement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: all });
}

/** Lets one service of AWS take a role. */
export function assumedBy(service: string): string {
  return statements({ Effect: "Allow", Principal: { Service: service }, Action: ["sts:AssumeRole"] });
}

/**
 * What the agent of the Session Manager needs, and no more. AWS's own policy for it, AmazonSSMManagedInstanceCore, also
 * lets an instance read every parameter of the account: all host keys.
 * Source: docs.aws.amazon.com, Systems Manager, "Create a custom IAM role for Session Manager".
 */
export const SESSIONS: Statement = {
  Sid: "Sessions",
  Effect: "Allow",
  Action: [
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ],
  // These know no resources.
  Resource: ["*"],
};

/** Where the host keys of a stack are. */
export function hostKeyPath(stack: string): string {
  return `/swarm-ha/${stack}/host-keys`;
}

/**
 * Lets an instance read its own host key, and no other's: each key is tagged with the ARN of its one reader, and AWS
 * tells the policy from which instance a call's credentials came. One role can so serve a whole tier.
 * Source: docs.aws.amazon.com, IAM, `ec2:SourceInstanceARN`; Systems Manager, "Controlling access to parameters using tags".
 *
 * @param roleArn ARN of the role itself: partition and account are the same as those of the keys.
 */
export function ownHostKey(roleArn: string, region: string, stack: string): Statement {
  const [, partition = "aws", , , account = ""] = roleArn.split(":");
  return {
    Sid: "OwnHostKey",
    Effect: "Allow",
    Action: ["ssm:GetParameter"],
    Resource: [`arn:${partition}:ssm:${region}:${account}:parameter${hostKeyPath(stack)}/*`],
    Condition: { StringEquals: { [`ssm:resourceTag/${TAGS.reader}`]: "${ec2:SourceInstanceARN}" } },
  };
}

/** What the registry does with its bucket. Source: distribution.github.io, "S3 storage driver", "S3 permission scopes". */
export function registryBucket(bucketArn: string): Statement[] {
  return [
    {
      Sid: "Bucket",
      Effect: "Allow",
      Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      Resource: [bucketArn],
    },
    {
      Sid: "Objects",
      Effect: "Allow",
      Action: [
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
      ],
      Resource: [`${bucketArn}/*`],
    },
  ];
}

/** Nothing is said to a bucket in plain text. */
export function tlsOnly(bucketArn: string): Statement {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: ["s3:*"],
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

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

/** Allows one service of AWS to assume a role. */
export function assumedBy(service: string): string {
  return statements({ Effect: "Allow", Principal: { Service: service }, Action: ["sts:AssumeRole"] });
}

/**
 * Permissions that the Session Manager's agent needs. AWS's own policy for it, AmazonSSMManagedInstanceCore, also
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
  // These actions don't support resources.
  Resource: ["*"],
};

/** Where the host keys of a stack are. */
export function hostKeyPath(stack: string): string {
  return `/swarm-ha/${stack}/host-keys`;
}

/**
 * Allows an instance to read only its own host key. Each key is tagged with the ARN of its one reader, and AWS
 * compares that with the instance whose credentials make the call. So one role serves a whole tier.
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

/** Permissions of the registry for its bucket. Source: distribution.github.io, "S3 storage driver", "S3 permission scopes". */
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

/**
 * Permissions of restic for the bucket with the backups. Without `s3:DeleteObjectVersion`: what it removes or overwrites stays as
 * an old version until the bucket's lifecycle ends that. Without `s3:CreateBucket`: restic finds the bucket there.
 * Measured: init, backup, snapshots, forget, prune and check of restic 0.14.0 ask for these actions, but for the abort of a broken upload;
 * it gets the role's credentials by IMDSv2. (Before minio-go 7.0.13 it couldn't: restic issue 3538.)
 */
export function backupBucket(bucketArn: string): Statement[] {
  return [
    {
      Sid: "Backups",
      Effect: "Allow",
      Action: ["s3:ListBucket", "s3:GetBucketLocation"],
      Resource: [bucketArn],
    },
    {
      Sid: "BackupObjects",
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      Resource: [`${bucketArn}/*`],
    },
  ];
}

/** Denies access to a bucket without TLS. */
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

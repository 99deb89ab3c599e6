/** S3 buckets and their settings. Objects are kept by the S3 server behind (object-store.ts). */
import { z } from "zod";
import type { Cloud } from "./cloud";
import { isRefusal, refusals } from "./errors";
import type { Fields, Kind, Kinds } from "./kind";
import { parsePolicy, type PolicyDocument } from "./policy";
import type { Kept } from "./state";
import { tagsOf } from "./tags";

/** A bucket, by its name. */
export interface Bucket extends Kept {
  readonly name: string;
  policy?: PolicyDocument | undefined;
  /** Settings by their type's token. */
  readonly settings: Map<string, Fields>;
  /** Whether one of them is being written. */
  busy: boolean;
}

const refuse = refusals("S3");

function needBucket(cloud: Cloud, operation: string, name: string): Bucket {
  const bucket = cloud.state.buckets.get(name);
  if (bucket === undefined) throw refuse(operation, "NoSuchBucket", "The specified bucket does not exist", 404);
  return bucket;
}

function bucketKind(cloud: Cloud): Kind {
  const { state, objects } = cloud;
  const outputs = (bucket: Bucket): Fields => ({
    arn: bucket.arn,
    bucket: bucket.name,
    region: cloud.region,
    bucketDomainName: `${bucket.name}.s3.amazonaws.com`,
    bucketRegionalDomainName: `${bucket.name}.s3.${cloud.region}.amazonaws.com`,
  });
  return {
    async create(fields) {
      const { bucket: name } = z.object({ bucket: z.string() }).parse(fields);
      if (state.buckets.has(name))
        throw refuse(
          "CreateBucket",
          "BucketAlreadyOwnedByYou",
          "Your previous request to create the named bucket succeeded and you already own it.",
          409,
        );
      if (cloud.faults.foreignBuckets.has(name))
        throw refuse(
          "CreateBucket",
          "BucketAlreadyExists",
          "The requested bucket name is not available. The bucket namespace is shared by all users of the system.",
          409,
        );
      const bucket: Bucket = {
        id: name,
        arn: `arn:aws:s3:::${name}`,
        tags: tagsOf(fields),
        name,
        settings: new Map(),
        busy: false,
      };
      state.buckets.set(name, bucket);
      await objects.createBucket(name);
      return { id: name, outputs: outputs(bucket) };
    },
    read(id) {
      const bucket = state.buckets.get(id);
      return bucket && outputs(bucket);
    },
    update(id, fields) {
      const bucket = needBucket(cloud, "PutBucketTagging", id);
      bucket.tags = tagsOf(fields);
      return Promise.resolve(outputs(bucket));
    },
    // internal/service/s3/bucket.go: BucketNotEmpty is an answer for good, but with force_destroy all versions go first.
    async delete(id, fields) {
      if (!state.buckets.has(id)) return;
      if (!(await objects.isEmpty(id))) {
        if (fields["forceDestroy"] !== true)
          throw refuse(
            "DeleteBucket",
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
            409,
          );
        await objects.empty(id);
      }
      await objects.deleteBucket(id);
      state.forget(state.buckets, id);
    },
  };
}

/**
 * One setting of a bucket. S3 refuses one of two writes at the same time with OperationAborted, which the provider's S3
 * client retries (internal/service/s3/service_package.go).
 */
function settingKind(cloud: Cloud, type: string, operation: string): Kind {
  const { state, clock } = cloud;
  const nameOf = (fields: Fields): string => z.object({ bucket: z.string() }).parse(fields).bucket;
  const write = (name: string, change: (bucket: Bucket) => Promise<void> | void): Promise<void> =>
    clock.retry(
      300,
      (error) => isRefusal(error, "OperationAborted"),
      async () => {
        const bucket = needBucket(cloud, operation, name);
        if (bucket.busy)
          throw refuse(
            operation,
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. Please try again.",
            409,
          );
        bucket.busy = true;
        try {
          await clock.wait(1);
          await change(bucket);
        } finally {
          bucket.busy = false;
        }
      },
    );
  const put = (fields: Fields): Promise<void> =>
    write(nameOf(fields), async (bucket) => {
      if (type === POLICY) setPolicy(bucket, fields);
      if (type === VERSIONING) await cloud.objects.setVersioned(bucket.name);
      bucket.settings.set(type, fields);
    });
  return {
    async create(fields) {
      await put(fields);
      return { id: nameOf(fields), outputs: {} };
    },
    read: (id) => (state.buckets.get(id)?.settings.has(type) === true ? {} : undefined),
    async update(_id, fields) {
      await put(fields);
      return {};
    },
    async delete(id) {
      if (!state.buckets.has(id)) return;
      await write(id, (bucket) => {
        bucket.settings.delete(type);
        if (type === POLICY) bucket.policy = undefined;
      });
    },
  };
}

const POLICY = "s3/bucketPolicy:BucketPolicy";
const VERSIONING = "s3/bucketVersioning:BucketVersioning";
const PUBLIC_ACCESS = "s3/bucketPublicAccessBlock:BucketPublicAccessBlock";

/** PutBucketPolicy. Source: docs.aws.amazon.com, S3 error responses; "Blocking public access", BlockPublicPolicy. */
function setPolicy(bucket: Bucket, fields: Fields): void {
  const { policy: text } = z.object({ policy: z.string() }).parse(fields);
  const operation = "PutBucketPolicy";
  let policy: PolicyDocument;
  try {
    policy = parsePolicy(text);
  } catch (error) {
    throw refuse(operation, "MalformedPolicy", `Policies must be valid JSON and of a known form. (${String(error)})`);
  }
  const own = (resource: string): boolean => resource === bucket.arn || resource.startsWith(`${bucket.arn}/`);
  if (policy.Statement.some(({ Resource = [] }) => !Resource.every(own)))
    throw refuse(operation, "MalformedPolicy", "Policy has invalid resource");
  const open = policy.Statement.some(({ Effect, Principal }) => Effect === "Allow" && Principal === "*");
  if (open && bucket.settings.get(PUBLIC_ACCESS)?.["blockPublicPolicy"] === true)
    throw refuse(
      operation,
      "AccessDenied",
      "Access Denied: public policies are blocked by the BlockPublicPolicy block public access setting.",
      403,
    );
  bucket.policy = policy;
}

/** The kinds of this file. */
export function bucketKinds(cloud: Cloud): Kinds {
  const settings: Readonly<Record<string, string>> = {
    [POLICY]: "PutBucketPolicy",
    [PUBLIC_ACCESS]: "PutPublicAccessBlock",
    [VERSIONING]: "PutBucketVersioning",
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "PutBucketLifecycleConfiguration",
    "s3/bucketOwnershipControls:BucketOwnershipControls": "PutBucketOwnershipControls",
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "PutBucketEncryption",
  };
  return {
    "s3/bucket:Bucket": bucketKind(cloud),
    ...Object.fromEntries(
      Object.entries(settings).map(([type, operation]) => [type, settingKind(cloud, type, operation)]),
    ),
  };
}

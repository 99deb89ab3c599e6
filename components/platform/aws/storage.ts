import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { statements, tlsOnly } from "./policies";
import { nameTag, TAGS } from "./tags";

/** Days until what was overwritten or deleted is gone for good, and until an upload that nobody finished is. */
const KEPT_DAYS = 30;
const UPLOAD_DAYS = 7;

/** Arguments of {@link RegistryBucket}. */
export interface RegistryBucketArgs {
  readonly stack: string;
  /** Whether it outlives every mistake: protected, and never emptied by a destroy. */
  readonly protect: boolean;
}

/** The bucket that all replicas of the registry share: versioned, encrypted, private, by TLS only. */
export class RegistryBucket extends pulumi.ComponentResource {
  public readonly bucket: s3.Bucket;

  public constructor(name: string, { stack, protect }: RegistryBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:aws:RegistryBucket", name, {}, opts);
    const child = { parent: this };
    const tags = { ...nameTag(stack, name), ...(protect ? {} : { [TAGS.throwaway]: "yes" }) };
    this.bucket = new s3.Bucket(name, { forceDestroy: !protect, tags }, { ...child, protect });
    const bucket = this.bucket.id;
    new s3.BucketVersioning(name, { bucket, versioningConfiguration: { status: "Enabled" } }, child);
    new s3.BucketServerSideEncryptionConfiguration(
      name,
      { bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
      child,
    );
    const shut = new s3.BucketPublicAccessBlock(
      name,
      { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      child,
    );
    new s3.BucketOwnershipControls(name, { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }, child);
    new s3.BucketPolicy(
      name,
      { bucket, policy: this.bucket.arn.apply((arn) => statements(tlsOnly(arn))) },
      // Both write the bucket's access settings, and S3 refuses one of two at the same time.
      { ...child, dependsOn: [shut] },
    );
    new s3.BucketLifecycleConfiguration(
      name,
      {
        bucket,
        rules: [
          {
            id: "leftovers",
            status: "Enabled",
            filter: {},
            abortIncompleteMultipartUpload: { daysAfterInitiation: UPLOAD_DAYS },
            noncurrentVersionExpiration: { noncurrentDays: KEPT_DAYS },
          },
        ],
      },
      child,
    );
    this.registerOutputs({});
  }
}

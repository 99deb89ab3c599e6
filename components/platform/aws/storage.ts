import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { statements, tlsOnly } from "./policies";
import { nameTag, TAGS } from "./tags";

/** Days until overwritten or deleted objects, and unfinished uploads, are removed for good. */
const KEPT_DAYS = 30;
const UPLOAD_DAYS = 7;

/** Arguments of {@link PrivateBucket}. */
export interface PrivateBucketArgs {
  /** Its component's type. */
  readonly kind: "RegistryBucket" | "BackupBucket";
  readonly stack: string;
  /** Whether it is protected, and never emptied by a destroy. */
  readonly protect: boolean;
}

/** A bucket that is versioned, encrypted, private, and reached by TLS only. */
export class PrivateBucket extends pulumi.ComponentResource {
  public readonly bucket: s3.Bucket;
  /** Its name, known once its settings exist: nothing is written before it is encrypted and versioned. */
  public readonly name: pulumi.Output<string>;

  public constructor(
    name: string,
    { kind, stack, protect }: PrivateBucketArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(`swarm-ha:aws:${kind}`, name, {}, opts);
    const child = { parent: this };
    const tags = { ...nameTag(stack, name), ...(protect ? {} : { [TAGS.throwaway]: "yes" }) };
    this.bucket = new s3.Bucket(name, { forceDestroy: !protect, tags }, { ...child, protect });
    const bucket = this.bucket.id;
    const versioning = new s3.BucketVersioning(name, { bucket, versioningConfiguration: { status: "Enabled" } }, child);
    const encryption = new s3.BucketServerSideEncryptionConfiguration(
      name,
      { bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
      child,
    );
    const shut = new s3.BucketPublicAccessBlock(
      name,
      { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      child,
    );
    // All three change the bucket's access settings, and S3 refuses two such changes at a time.
    const ownership = new s3.BucketOwnershipControls(
      name,
      { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      { ...child, dependsOn: [shut] },
    );
    const policy = new s3.BucketPolicy(
      name,
      { bucket, policy: this.bucket.arn.apply((arn) => statements(tlsOnly(arn))) },
      { ...child, dependsOn: [shut, ownership] },
    );
    new s3.BucketLifecycleConfiguration(
      name,
      {
        bucket,
        rules: [
          {
            id: "incomplete-uploads",
            status: "Enabled",
            filter: {},
            abortIncompleteMultipartUpload: { daysAfterInitiation: UPLOAD_DAYS },
            noncurrentVersionExpiration: { noncurrentDays: KEPT_DAYS },
            // Otherwise delete markers without versions would stay for ever, and slow down listings.
            expiration: { expiredObjectDeleteMarker: true },
          },
        ],
      },
      // Rules about noncurrent versions need versioning first.
      { ...child, dependsOn: [versioning] },
    );
    this.name = pulumi
      .all([this.bucket.bucket, versioning.id, encryption.id, policy.id])
      .apply(([bucketName]) => bucketName);
    this.registerOutputs({});
  }
}

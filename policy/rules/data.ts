import { THROWAWAY } from "../../plan/labels";
import { protectedTypes } from "../data";
import { listAt, textAt, UNKNOWN, valueAt, type Planned } from "../planned";
import { eachOf, type Rule } from "./rule";

const BUCKETS = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"];

/** What each bucket needs beside it, and the four kinds of public access that must be blocked. */
const SHUT = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

/** Rules about data. */
export const dataRules: readonly Rule[] = [
  {
    name: "private-buckets",
    description: "Buckets block all four kinds of public access.",
    check: beside("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", ({ inputs }) =>
      SHUT.every((key) => isTrue(inputs, key)) ? undefined : `${SHUT.join(", ")} have to be true`,
    ),
  },
  {
    name: "versioned-buckets",
    description: "Buckets are versioned.",
    check: beside(
      ["aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2"],
      ({ inputs }) => {
        const status = valueAt(inputs, "versioningConfiguration", "status");
        return status === "Enabled" || status === UNKNOWN
          ? undefined
          : "versioningConfiguration.status has to be Enabled";
      },
    ),
  },
  {
    name: "encrypted-buckets",
    description: "Buckets have an explicit encryption.",
    check: beside(
      [
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
      ],
      ({ inputs }) => {
        const rules = valueAt(inputs, "rules");
        if (rules === UNKNOWN) return undefined;
        const algorithms = listAt(rules).map((rule) =>
          valueAt(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm"),
        );
        const good = algorithms.some((one) => one === UNKNOWN || one === "AES256" || String(one).startsWith("aws:kms"));
        return good ? undefined : "a rule with sseAlgorithm AES256 or aws:kms is missing";
      },
    ),
  },
  {
    name: "buckets-by-tls-only",
    description: "Buckets refuse access without TLS.",
    check: beside("aws:s3/bucketPolicy:BucketPolicy", ({ inputs }) => {
      const policy = valueAt(inputs, "policy");
      if (policy === UNKNOWN) return undefined;
      return deniesPlainText(policy)
        ? undefined
        : "a statement that denies s3:* where aws:SecureTransport is false is missing";
    }),
  },
  {
    name: "protected-data",
    description: "Data is protected unless it is tagged as throw-away.",
    check: eachOf(protectedTypes, ({ protect, inputs }) => {
      const tag = valueAt(inputs, "tags", THROWAWAY);
      if (tag === "yes" || tag === UNKNOWN) return [];
      return [
        ...(protect ? [] : [`protect it, or tag it with ${THROWAWAY}: "yes"`]),
        ...(valueAt(inputs, "forceDestroy") === true ? [`forceDestroy goes with ${THROWAWAY}: "yes" only`] : []),
      ];
    }),
  },
];

/** A rule about a resource that each bucket needs exactly once. */
function beside(types: string | readonly string[], wrong: (resource: Planned) => string | undefined): Rule["check"] {
  const wanted = typeof types === "string" ? [types] : types;
  return (resources) =>
    resources
      .filter(({ type }) => BUCKETS.includes(type))
      .flatMap((bucket) => {
        const found = resources.filter((one) => wanted.includes(one.type) && belongs(one, bucket));
        const message =
          found.length === 0
            ? `it has no ${wanted[0]?.split(":").pop() ?? ""}`
            : found.map(wrong).find((text) => text !== undefined);
        return message === undefined ? [] : [{ resource: bucket.name, message }];
      });
}

/** By the reference, or by the bucket's literal name. */
function belongs({ inputs, references }: Planned, bucket: Planned): boolean {
  if (references["bucket"]?.includes(bucket.urn) === true) return true;
  const name = textAt(inputs, "bucket");
  return name !== undefined && name === textAt(bucket.inputs, "bucket");
}

function isTrue(value: unknown, key: string): boolean {
  const found = valueAt(value, key);
  return found === true || found === UNKNOWN;
}

function deniesPlainText(policy: unknown): boolean {
  let document = policy;
  try {
    if (typeof policy === "string") document = JSON.parse(policy);
  } catch {
    return false;
  }
  const statements = valueAt(document, "Statement");
  return (Array.isArray(statements) ? statements : [statements]).some((statement) => {
    const secure = valueAt(statement, "Condition", "Bool", "aws:SecureTransport");
    const actions = valueAt(statement, "Action");
    const all = (Array.isArray(actions) ? actions : [actions]).some((action) => action === "s3:*" || action === "*");
    return valueAt(statement, "Effect") === "Deny" && String(secure) === "false" && all;
  });
}

/**
 * Pulumi's auto-naming: a resource that gets no physical name is called `<logical name>-<7 hexadecimal characters>`.
 *
 * Source: pulumi/pulumi-terraform-bridge pkg/tfbridge/names.go (AutoName, FromName; 7 random characters) and
 * pulumi/pulumi-aws provider/resources.go (limits by resource; `SetAutonaming(255, "-")` for every other `name`).
 * A name that is longer than the limit is an error of the provider's Check.
 */
import type { Constraint } from "./constraint";

/** Random characters and the hyphen before them. */
export const SUFFIX_LENGTH = 8;

/** How a resource type gets its name where the program gives none. */
export interface AutoName {
  /** The property that holds it. */
  readonly property: string;
  /** Longest name that the provider makes, suffix included. */
  readonly limit: number;
  /** Whether the logical name is turned into lower case. @default false */
  readonly lowerCase?: boolean;
}

/** By type, for the types of ../types.ts that have a name and may leave it out. */
export const AUTO_NAMES: Readonly<Record<string, AutoName>> = {
  "cloudwatch/logGroup:LogGroup": { property: "name", limit: 255 },
  "cloudwatch/metricAlarm:MetricAlarm": { property: "name", limit: 255 },
  "ec2/securityGroup:SecurityGroup": { property: "name", limit: 255 },
  "iam/instanceProfile:InstanceProfile": { property: "name", limit: 255 },
  "iam/role:Role": { property: "name", limit: 64 },
  "iam/rolePolicy:RolePolicy": { property: "name", limit: 255 },
  "lb/loadBalancer:LoadBalancer": { property: "name", limit: 32 },
  "lb/targetGroup:TargetGroup": { property: "name", limit: 32 },
  "s3/bucket:Bucket": { property: "bucket", limit: 63, lowerCase: true },
};

/**
 * The physical name of a resource.
 *
 * @param random The seven random characters.
 * @returns undefined for a type without auto-naming
 */
export function autoName(type: string, name: string, random = "0123abc"): string | undefined {
  const rule = AUTO_NAMES[bare(type)];
  if (rule === undefined) return undefined;
  return `${rule.lowerCase === true ? name.toLowerCase() : name}-${random}`;
}

/** The provider's own limit of an auto-named property, as a rule. */
export function autoNameLimit(type: string): Constraint | undefined {
  const rule = AUTO_NAMES[bare(type)];
  if (rule === undefined) return undefined;
  return {
    source: "pulumi/pulumi-aws provider/resources.go, AutoName",
    max: rule.limit,
    says: `has at most ${String(rule.limit)} characters, Pulumi's ${String(SUFFIX_LENGTH - 1)} random ones and a hyphen included`,
  };
}

/** A type without the package: `aws:lb/targetGroup:TargetGroup` as `lb/targetGroup:TargetGroup`. */
export function bare(type: string): string {
  return type.replace(/^aws:/, "");
}

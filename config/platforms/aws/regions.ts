/**
 * Regions and the letters of their availability zones, so that a mistyped zone is found without asking AWS.
 *
 * As of 2026-11-21. Source: docs.aws.amazon.com, "AWS Regions and Availability Zones". Some accounts see fewer zones of
 * old regions (us-west-1, ap-northeast-1). There, creating the first subnet fails with the zone's name.
 */
const LETTERS = {
  "af-south-1": "abc",
  "ap-east-1": "abc",
  "ap-northeast-1": "acd",
  "ap-northeast-2": "abcd",
  "ap-northeast-3": "abc",
  "ap-south-1": "abc",
  "ap-south-2": "abc",
  "ap-southeast-1": "abc",
  "ap-southeast-2": "abc",
  "ap-southeast-3": "abc",
  "ap-southeast-4": "abc",
  "ca-central-1": "abd",
  "ca-west-1": "abc",
  "eu-central-1": "abc",
  "eu-central-2": "abc",
  "eu-north-1": "abc",
  "eu-south-1": "abc",
  "eu-south-2": "abc",
  "eu-west-1": "abc",
  "eu-west-2": "abc",
  "eu-west-3": "abc",
  "il-central-1": "abc",
  "me-central-1": "abc",
  "me-south-1": "abc",
  "sa-east-1": "abc",
  "us-east-1": "abcdef",
  "us-east-2": "abc",
  "us-west-1": "abc",
  "us-west-2": "abcd",
} as const satisfies Record<string, string>;

/** The regions that are known here. */
export const REGIONS = Object.keys(LETTERS);

/** The availability zones of a region; empty for an unknown region. */
export function zonesOfRegion(region: string): string[] {
  const letters = (LETTERS as Readonly<Record<string, string>>)[region] ?? "";
  return Array.from(letters, (letter) => `${region}${letter}`);
}

/** Processor architectures that hosts can have, as Debian and Docker call them. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;

/** See {@link ARCHITECTURES}. */
export type Architecture = (typeof ARCHITECTURES)[number];

const BURSTABLE = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"];
const COMMON = ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"];
const GRAVITON = ["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];

/**
 * Instance families, their architecture and sizes. All run on Nitro, which works best with encrypted volumes and version 2
 * of the metadata service.
 *
 * As of 2026-11-21. Source: docs.aws.amazon.com, "Amazon EC2 instance types". A missing family can be added in
 * one line. Whether a zone offers a type, only AWS can answer.
 */
const FAMILIES: Readonly<Record<string, { readonly architecture: Architecture; readonly sizes: readonly string[] }>> = {
  ...families("amd64", BURSTABLE, ["t3", "t3a"]),
  ...families("arm64", BURSTABLE, ["t4g"]),
  ...families("amd64", COMMON, ["m5", "m5a", "m5d", "m5n", "r5", "r5a", "r5d", "r5n"]),
  ...families("amd64", COMMON, ["m6i", "m6a", "m6id", "m6in", "c6a", "r6i", "r6a", "r6id", "r6in"]),
  ...families("amd64", COMMON, ["m7i", "m7a", "c7i", "c7a", "r7i", "r7a"]),
  ...families("amd64", COMMON, ["c6i", "c6id", "c6in"]),
  ...families("amd64", ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge"], ["m7i-flex", "c7i-flex"]),
  ...families(
    "amd64",
    ["large", "xlarge", "2xlarge", "4xlarge", "9xlarge", "12xlarge", "18xlarge", "24xlarge"],
    ["c5"],
  ),
  ...families("amd64", ["large", "xlarge", "2xlarge", "3xlarge", "6xlarge", "12xlarge", "24xlarge"], ["i3en"]),
  ...families("amd64", ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge", "24xlarge"], ["i4i"]),
  ...families("arm64", GRAVITON, ["m6g", "m6gd", "c6g", "c6gd", "r6g", "r6gd"]),
  ...families("arm64", GRAVITON, ["m7g", "m7gd", "c7g", "c7gd", "c7gn", "r7g", "r7gd"]),
  ...families("arm64", [...GRAVITON, "24xlarge", "48xlarge"], ["m8g", "c8g", "r8g"]),
};

function families(architecture: Architecture, sizes: readonly string[], names: readonly string[]): typeof FAMILIES {
  return Object.fromEntries(names.map((name) => [name, { architecture, sizes }]));
}

/** All types that are known here, for suggestions. */
export const INSTANCE_TYPES = Object.entries(FAMILIES).flatMap(([family, { sizes }]) =>
  sizes.map((size) => `${family}.${size}`),
);

/** The architecture of an instance type; undefined when the type isn't known here. */
export function architectureOf(instanceType: string): Architecture | undefined {
  const [family = "", size = ""] = instanceType.split(".");
  const known = FAMILIES[family];
  return known?.sizes.includes(size) === true ? known.architecture : undefined;
}

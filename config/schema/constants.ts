/** Where a stack's machines run. */
export const PLATFORMS = ["local", "aws"] as const;

/** Numbers of managers that make sense: odd ones, at most 7, because every further one makes each change slower. */
export const MANAGER_COUNTS: readonly number[] = [1, 3, 5, 7];

/** Most replicas of the registry: as many as the address plan keeps places for in a zone. */
export const MAX_REGISTRIES = 7;

/** Most zones: the address plan has eight equal blocks, and one of them is for the infrastructure. */
export const MAX_ZONES = 7;

/** Defaults that only one platform can have: zones of a cloud belong to a region that nobody can guess. */
export const PLATFORM_DEFAULTS = {
  local: { zones: ["zone-a", "zone-b", "zone-c"], domain: "swarm.localhost", propagation: "check" },
  aws: { zones: undefined, domain: undefined, propagation: "skip" },
} as const;

/** Let's Encrypt's ACME directory. Source: letsencrypt.org/docs/acme-protocol-updates. */
export const ACME_DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";

/** What machines on AWS are made of where nothing else is said, by tier and architecture. */
export const AWS_MACHINES = {
  manager: { amd64: "t3.medium", arm64: "t4g.medium", volume: 30 },
  registry: { amd64: "t3.medium", arm64: "t4g.medium", volume: 30 },
  worker: { amd64: "m6i.large", arm64: "m6g.large", volume: 50 },
  bastion: { amd64: "t3.micro", arm64: "t4g.micro", volume: 10 },
} as const;

/** See {@link AWS_MACHINES}. */
export type AwsTier = keyof typeof AWS_MACHINES;

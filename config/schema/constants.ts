/** Numbers of managers that make sense: odd ones, at most 7, because every further one makes each change slower. */
export const MANAGER_COUNTS: readonly number[] = [1, 3, 5, 7];

/** Most replicas of the registry: as many as the address plan keeps places for in a zone. */
export const MAX_REGISTRIES = 7;

/** Most zones: the address plan has eight equal blocks, and one of them is for the infrastructure. */
export const MAX_ZONES = 7;

/** Let's Encrypt's ACME directory. Source: letsencrypt.org/docs/acme-protocol-updates. */
export const ACME_DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";

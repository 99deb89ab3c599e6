/** Allowed numbers of managers: odd, and at most 7, because each further one makes every change slower. */
export const MANAGER_COUNTS: readonly number[] = [1, 3, 5, 7];

/** Maximum replicas of the registry: the address plan has so many places in a zone. */
export const MAX_REGISTRIES = 7;

/** Maximum zones: the address plan has eight equal blocks, and one of them is for the infrastructure. */
export const MAX_ZONES = 7;

/** Let's Encrypt's ACME directory. Source: letsencrypt.org/docs/acme-protocol-updates. */
export const ACME_DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";

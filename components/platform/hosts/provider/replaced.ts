/** Names of the hosts that this run replaces, separated by commas. Set by `npm run replace` and `npm run repair`. */
export const REPLACED_HOSTS = "SWARM_HA_REPLACED_HOSTS";

/** Whether this run replaces a host. Then its packages stay: it needs them again at once. */
export function isReplaced(host: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return (env[REPLACED_HOSTS] ?? "").split(",").includes(host);
}

/** Names of hosts that this run makes anew, in a list with commas: set by `npm run replace` and `npm run repair`. */
export const RENEWED_HOSTS = "SWARM_HA_REPLACE";

/**
 * Whether this run makes a host anew on purpose. Hosts that run ignore a change of their image, and Pulumi keeps what is
 * ignored even for a host that it replaces: without this, a new image would never get to anybody.
 */
export function isRenewed(host: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return (env[RENEWED_HOSTS] ?? "").split(",").includes(host);
}

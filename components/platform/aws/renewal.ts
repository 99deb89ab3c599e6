/** Names of the hosts that this run replaces, separated by commas. Set by `npm run replace` and `npm run repair`. */
export const RENEWED_HOSTS = "SWARM_HA_REPLACE";

/**
 * Whether this run replaces a host on purpose. Hosts that run ignore a change of their image, and Pulumi keeps what is
 * ignored properties even for a host that it replaces. Without this, no host would ever get a new image.
 */
export function isRenewed(host: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return (env[RENEWED_HOSTS] ?? "").split(",").includes(host);
}

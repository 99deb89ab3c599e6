/** Names of the program's own stacks in the swarm. Users' stacks may have any other name, `registry` and `ingress` included. */

/** The program's own stacks, as `stacks/<name>.yml` calls them. */
export type OwnStack = "registry" | "ingress";

/** A stack's name in the swarm. */
export function stackName(stack: OwnStack): string {
  return `swarm-ha-${stack}`;
}

/** Services in the swarm. */
export const SERVICES = {
  registry: `${stackName("registry")}_registry`,
  traefik: `${stackName("ingress")}_traefik`,
  /** Without tasks: its labels make `/ping` answer. */
  ping: `${stackName("ingress")}_ping`,
} as const;

/** Name of the step that sets the swarm's own settings. */
export const SWARM_SETTINGS = "swarm-settings";

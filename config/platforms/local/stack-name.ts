import type { Problem } from "../../problem";

/**
 * Names of networks that every Docker engine has. Source: moby/moby, IsPreDefinedNetwork (bridge, host, none,
 * default); libnetwork for the two of swarm mode.
 */
const ENGINE_NETWORKS = ["bridge", "host", "none", "default", "ingress", "docker_gwbridge"];

/**
 * Checks a stack's name on the platform `local`: its network has that name, and its containers' names begin
 * with it.
 */
export function stackNameProblem(stack: string): Problem | undefined {
  const wrong = (allowed: string, fix: string): Problem => ({ key: "the stack's name", got: stack, allowed, fix });
  if (ENGINE_NETWORKS.includes(stack.toLowerCase())) {
    return wrong(
      `any name but those of the Docker engine's own networks (${ENGINE_NETWORKS.join(", ")})`,
      `choose another one: rename the file Pulumi.${stack}.yaml`,
    );
  }
  if (!/^[A-Za-z0-9]/.test(stack)) {
    return wrong(
      "a letter or digit first, as in names of containers",
      `choose another one: rename the file Pulumi.${stack}.yaml`,
    );
  }
  return undefined;
}

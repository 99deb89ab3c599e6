import type { LocalStackConfig } from "../../../config/platforms/local";

/** The stack's registry in image names, `host:port`: this workstation's port of it, on which the load balancer listens inside, too. */
export function registryAt({ domain, local }: Pick<LocalStackConfig, "domain" | "local">): string {
  return `registry.${domain}:${String(local.ports.registry)}`;
}

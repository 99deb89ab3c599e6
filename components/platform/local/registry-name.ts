import type { LocalStackConfig } from "../../../config/platforms/local";

/** The stack's registry in image names, `host:port`. The port is the same on this workstation and on the load balancer. */
export function registryAt({ domain, local }: Pick<LocalStackConfig, "domain" | "local">): string {
  return `registry.${domain}:${String(local.ports.registry)}`;
}

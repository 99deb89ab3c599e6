import type { AwsStackConfig } from "../../../config/platforms/aws";
import { PORTS } from "../../../plan/ports";
import type { Forward } from "../../cluster/tunnel/forward";

/** What the load balancers without a public address would lead to. Pure. */
export function forwardsOf({ aws }: Pick<AwsStackConfig, "aws">): Forward[] {
  const { manager, registry } = aws.loadBalancers;
  return [
    ...(manager === "internal"
      ? [
          {
            name: "manager",
            role: "manager",
            port: PORTS.api,
            health: { port: PORTS.health, path: "/health" },
          } as const,
        ]
      : []),
    ...(registry === "internal" ? [{ name: "registry", role: "registry", port: PORTS.registry } as const] : []),
  ];
}

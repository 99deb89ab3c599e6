import type { AwsStackConfig } from "../../../config/platforms/aws";
import type { Architecture } from "../../../config/platforms/aws/instance-types";
import { AWS_INSTANCES } from "../../../config/platforms/aws/instances";
import type { HostSpec } from "../../../plan/placement";
import type { Tier } from "../../../plan/roles";

/** Instance type, architecture and root volume of an instance. */
export interface InstanceShape {
  readonly instanceType: string;
  readonly architecture: Architecture;
  /** Size of the root volume, GiB. */
  readonly volume: number;
}

/** The shape of a host: from its pool, else from its tier, else the tier's default for that architecture. */
export function shapeOf(config: AwsStackConfig, host: Pick<HostSpec, "role" | "pool">): InstanceShape {
  const tier = tierShape(config, host.role);
  const pool = host.role === "worker" ? config.workers[host.pool] : undefined;
  if (pool === undefined) return tier;
  const architecture = pool.architecture ?? tier.architecture;
  const { [architecture]: byDefault } = AWS_INSTANCES.worker;
  return {
    architecture,
    instanceType: pool.instanceType ?? (architecture === tier.architecture ? tier.instanceType : byDefault),
    volume: pool.volume ?? tier.volume,
  };
}

/** The shape of a tier's instances. */
export function tierShape({ aws }: Pick<AwsStackConfig, "aws">, tier: Tier): InstanceShape {
  const { architecture, volume, instanceType } = aws.hosts[tier];
  return { architecture, volume, instanceType: instanceType ?? AWS_INSTANCES[tier][architecture] };
}

import { z } from "zod";
import type { Tier } from "../../../../plan/roles";
import { ARCHITECTURES } from "../instance-types";
import { AWS_INSTANCES } from "../instances";

const instanceType = z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/);
const architecture = z.enum(ARCHITECTURES);
/** GiB. The maximum is EBS's; the minimum has room for the system and some images. */
const volume = z.int().min(10).max(16_384);

const words = {
  instanceType: {
    description: "EC2 instance type. A change replaces the hosts, one manager at a time.",
    allowed: "an instance type of EC2; a type that config/platforms/aws/instance-types.ts lacks gets a warning",
    fix: "write a type such as m6i.large, or m6g.large with architecture: arm64",
  },
  architecture: {
    description: "Processor architecture. A change replaces the hosts, one manager at a time.",
    allowed: ARCHITECTURES.join(" or "),
    fix: "write amd64, or arm64 with a Graviton instance type",
  },
  volume: {
    description: "Size of the root volume, which also holds the Docker engine's data. It can only grow.",
    unit: "GiB",
    allowed: "a whole number from 10 to 16384 (GiB)",
    fix: "write volume: 50",
  },
};

/** Instance type, architecture and root volume of a pool, where they differ from `aws.hosts.worker`. */
export const poolInstance = {
  instanceType: instanceType
    .meta({ ...words.instanceType, defaultText: "the one of `aws.hosts.worker`; on aws only" })
    .optional(),
  architecture: architecture
    .meta({ ...words.architecture, defaultText: "the one of `aws.hosts.worker`; on aws only" })
    .optional(),
  volume: volume.meta({ ...words.volume, defaultText: "the one of `aws.hosts.worker`; on aws only" }).optional(),
};

/** Instance type, architecture and root volume of a tier: one entry of `swarm-ha:aws.hosts`. */
function instances(tier: Tier, what: string) {
  const byDefault = AWS_INSTANCES[tier];
  return z
    .strictObject({
      instanceType: instanceType
        .meta({ ...words.instanceType, defaultText: `${byDefault.amd64}, on arm64 ${byDefault.arm64}` })
        .optional(),
      architecture: architecture.default("amd64").meta(words.architecture),
      volume: volume.default(byDefault.volume).meta(words.volume),
    })
    .prefault({})
    .meta({
      description: `Instance type, architecture and root volume of ${what}.`,
      allowed: "a mapping with the keys instanceType, architecture and volume",
      fix: `write { instanceType: ${byDefault.amd64}, volume: ${byDefault.volume} }`,
    });
}

/** `swarm-ha:aws.hosts`. */
export const hosts = z
  .strictObject({
    manager: instances("manager", "managers"),
    registry: instances("registry", "registry nodes"),
    worker: instances("worker", "workers, unless their pool has its own"),
    bastion: instances("bastion", "the bastion"),
  })
  .prefault({})
  .meta({
    description: "Instance type, architecture and root volume, by tier.",
    allowed: "a mapping with the keys manager, registry, worker and bastion",
    fix: "write { manager: { instanceType: t3.medium } }",
  });

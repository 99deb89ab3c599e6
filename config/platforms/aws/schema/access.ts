import { z } from "zod";

const ranges = (
  byDefault: readonly string[],
  description: string,
  allowed: string,
): z.ZodDefault<z.ZodArray<z.ZodString>> =>
  z
    .array(
      z.string().meta({
        description: "A range of IPv4 addresses in CIDR notation.",
        allowed: "an IPv4 range in CIDR notation",
        fix: "write a range such as 203.0.113.0/24, or one address as 203.0.113.7/32",
      }),
    )
    .default([...byDefault])
    .meta({ description, allowed, fix: "write a list such as [203.0.113.0/24]" });

const ADMIN = "a list of IPv4 ranges in CIDR notation, none wider than /8, and all together less than a /7";

/** `swarm-ha:access`. */
export const access = z
  .strictObject({
    ssh: ranges([], "Who may reach the bastion's SSH server. Empty only where the bastion is reached by SSM.", ADMIN),
    admin: ranges(
      [],
      "Who may reach the manager and registry load balancers from outside the cluster: people and build servers.",
      ADMIN,
    ),
    app: ranges(
      ["0.0.0.0/0"],
      "Who may reach the application load balancer.",
      "a list of IPv4 ranges in CIDR notation",
    ),
    egress: z
      .strictObject({
        ranges: ranges(
          ["0.0.0.0/0"],
          "What the hosts may reach outside the cluster. They need packages at first boot, and AWS's own services.",
          "a list of IPv4 ranges in CIDR notation",
        ),
        ports: z
          .array(
            z.int().min(1).max(65_535).meta({
              description: "A TCP port.",
              allowed: "a port from 1 to 65535",
              fix: "write a port such as 443",
            }),
          )
          .default([80, 443])
          .meta({
            description: "TCP ports that they may reach there.",
            allowed: "a list of ports from 1 to 65535",
            fix: "write a list such as [80, 443, 5432]",
          }),
      })
      .prefault({})
      .meta({
        description: "What the hosts may reach outside the cluster.",
        allowed: "a mapping with the keys ranges and ports",
        fix: "write { ranges: [0.0.0.0/0], ports: [80, 443] }",
      }),
  })
  .prefault({})
  .meta({
    description:
      "Who may reach what from outside, on the platform `aws`. Traffic between hosts follows the table in docs/architecture.md.",
    allowed: "a mapping with the keys ssh, admin, app and egress, on the platform aws only",
    fix: "write { ssh: [203.0.113.0/24], admin: [203.0.113.0/24] }",
  });

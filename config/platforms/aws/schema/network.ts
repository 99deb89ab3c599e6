import { z } from "zod";

const id = (kind: string, what: string): z.ZodString =>
  z
    .string()
    .regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`))
    .meta({
      description: `Id of ${what}.`,
      allowed: `an id such as ${kind}-0123456789abcdef0`,
      fix: "copy it from AWS",
    });

const cidr = (description: string): z.ZodString =>
  z
    .string()
    .meta({ description, allowed: "an IPv4 range in CIDR notation", fix: "write the range that AWS shows for it" });

const subnet = (what: string) =>
  z.strictObject({ id: id("subnet", what), cidr: cidr("Its range.") }).meta({
    description: `Id and range of ${what}.`,
    allowed: "a mapping with the keys id and cidr",
    fix: "write { id: subnet-…, cidr: 10.0.0.0/24 }",
  });

/** `swarm-ha:aws.network`. */
export const awsNetwork = z
  .strictObject({
    nat: z.enum(["perZone", "single"]).default("perZone").meta({
      description:
        "NAT gateways: one in each zone, so that the loss of a zone doesn't cut off the others; or a single one, which is cheaper.",
      allowed: "perZone or single",
      fix: "write nat: perZone, or nat: single for a cluster that may lose its internet access",
    }),
    flowLogs: z.int().min(0).max(3653).default(0).meta({
      description: "For how long CloudWatch keeps the VPC's flow logs. 0: no flow logs.",
      unit: "days",
      allowed:
        "0, or a retention that CloudWatch has: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, …",
      fix: "write flowLogs: 30",
    }),
    encryptedOverlays: z.boolean().default(false).meta({
      description:
        "Whether nodes may exchange ESP (IP protocol 50), which overlay networks with `--opt encrypted` need.",
      allowed: "true or false",
      fix: "write encryptedOverlays: false",
    }),
    vpc: z
      .strictObject({
        id: id("vpc", "the VPC"),
        cidr: cidr("The VPC's whole range; none of the ranges of `swarm-ha:network` may overlap it."),
      })
      .meta({
        description:
          "An existing VPC to use, with DNS host names on. You then provide routes, NAT and endpoints, and `subnets` lists the subnets.",
        allowed: "a mapping with the keys id and cidr",
        fix: "write { id: vpc-…, cidr: 10.0.0.0/16 }, or leave the key out to get a VPC of its own",
        defaultText: "a VPC of its own, in `network.hosts`",
      })
      .optional(),
    subnets: z
      .record(
        z.string(),
        z
          .strictObject({
            private: subnet(
              "the private subnet of this zone, with a route to a NAT gateway. Its addresses .8 to .23 have to be free for managers and registry nodes",
            ),
            public: subnet(
              "the public subnet of this zone, with a route to an internet gateway, for load balancers and the bastion",
            ),
          })
          .meta({
            description: "Two subnets of one zone.",
            allowed: "a mapping with the keys private and public",
            fix: "write { private: { id: subnet-…, cidr: … }, public: { id: subnet-…, cidr: … } }",
          }),
      )
      .meta({
        description: "With an existing VPC: its subnets by zone.",
        allowed: "a mapping of every zone in swarm-ha:zones to its subnets, together with vpc",
        fix: "write { eu-central-1a: { private: …, public: … }, … }",
        defaultText: "subnets of its own",
      })
      .optional(),
  })
  .prefault({})
  .meta({
    description: "The network on AWS.",
    allowed: "a mapping with the keys nat, flowLogs, encryptedOverlays, vpc and subnets",
    fix: "write { nat: perZone }",
  });

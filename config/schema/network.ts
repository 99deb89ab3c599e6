import { z } from "zod";

/** One range of addresses. The rules check which ones fit together. */
const range = (byDefault: string, description: string, allowed: string): z.ZodDefault<z.ZodString> =>
  z
    .string()
    .default(byDefault)
    .meta({ description, allowed, fix: `write a free private range such as ${byDefault}` });

/** `swarm-ha:network`. */
export const network = z
  .strictObject({
    hosts: range(
      "10.210.0.0/20",
      "Addresses of the hosts. The first eighth is for the infrastructure (bastion, load balancers), each further eighth for a zone. Each stack on one workstation needs its own range. A change is refused once the stack exists.",
      "a private IPv4 range in CIDR notation, /16 to /24",
    ),
    overlay: range(
      "10.128.0.0/12",
      "Addresses of the swarm's overlay networks: a /24 each, and at the end the applications' shared network (`apps`). A change is refused once the stack exists.",
      "a private IPv4 range in CIDR notation, /8 to /20",
    ),
    apps: z.int().min(16).max(24).default(20).meta({
      description:
        "Prefix length of the overlay network `apps`, which applications share with the ingress; at the end of `overlay`. Each task takes one address, and each worker two. The default has room for 100 workers with 38 tasks each. (Docker advises against more than 256 addresses where services have virtual addresses: use `endpoint_mode: dnsrr` for services with many tasks. The ingress needs no virtual address.) A change is refused once the stack exists.",
      unit: "bits",
      allowed: "a whole number from 16 to 24, greater than the prefix length of `overlay`",
      fix: "write 20, or a lower number for more tasks",
    }),
    engine: range(
      "10.211.0.0/16",
      "Addresses of the networks inside each host (its bridges), the same on all hosts. The default avoids 172.16.0.0/12, which other Docker engines use. A change is refused once the stack exists.",
      "a private IPv4 range in CIDR notation, /8 to /22",
    ),
  })
  .prefault({})
  .meta({
    description: "Address ranges. They must not overlap.",
    allowed: "a mapping with the keys hosts, overlay, apps and engine",
    fix: "write { hosts: 10.210.0.0/20 }",
  });

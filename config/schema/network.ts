import { z } from "zod";

/** One range of addresses; which ones fit together is checked by the rules. */
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
      "Addresses of the swarm's overlay networks, which take a /24 each, and at its end the one that applications share (`apps`). It stays for the life of a stack: a change is refused.",
      "a private IPv4 range in CIDR notation, /8 to /20",
    ),
    apps: z.int().min(16).max(24).default(20).meta({
      description:
        "Prefix length of the overlay network `apps`, which applications share with the ingress; it lies at the end of `overlay`. Each task takes an address, and each worker two. The default holds 100 workers with 38 tasks each. (Docker advises against more than 256 addresses for services with virtual addresses, which every node has to know: give those that have many tasks `endpoint_mode: dnsrr`. The ingress needs no virtual address.) It stays for the life of a stack: a change is refused.",
      unit: "bits",
      allowed: "a whole number from 16 to 24, greater than the prefix length of `overlay`",
      fix: "write 20, or a lower number for more tasks",
    }),
    engine: range(
      "10.211.0.0/16",
      "Addresses of the networks that exist inside each host only (its bridges); the same on all hosts. The default stays away from 172.16.0.0/12, which the engines around the hosts use. It stays for the life of a stack: a change is refused.",
      "a private IPv4 range in CIDR notation, /8 to /22",
    ),
  })
  .prefault({})
  .meta({
    description: "Address ranges. They must not overlap.",
    allowed: "a mapping with the keys hosts, overlay, apps and engine",
    fix: "write { hosts: 10.210.0.0/20 }",
  });

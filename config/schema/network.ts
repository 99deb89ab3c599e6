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
      "Addresses of the machines. Its first eighth is for the infrastructure (operator, load balancers), each further eighth for a zone. Each stack on one machine needs a range of its own. It stays for the life of a stack: a change is refused.",
      "a private IPv4 range in CIDR notation, /16 to /24",
    ),
    overlay: range(
      "10.128.0.0/12",
      "Addresses of the swarm's overlay networks, which take a /24 each. It counts when the swarm is born; a later change does nothing.",
      "a private IPv4 range in CIDR notation, /8 to /20",
    ),
    engine: range(
      "10.211.0.0/16",
      "Addresses of the networks that exist inside each host only (its bridges); the same on all hosts. The default stays away from 172.16.0.0/12, which the engines around the hosts use.",
      "a private IPv4 range in CIDR notation, /8 to /22",
    ),
  })
  .prefault({})
  .meta({
    description: "Address ranges. They must not overlap.",
    allowed: "a mapping with the keys hosts, overlay and engine",
    fix: "write { hosts: 10.210.0.0/20 }",
  });

import { z } from "zod";
import { ROLES } from "../../../../plan/roles";
import { labels, zoneName } from "../../../schema/tiers";
import { ownLogin } from "./login";
import { address, line } from "./text";

/** Type, length and key of an ED25519 key; OpenSSH's files have a comment behind it. */
const ED25519 = /^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}( [^\p{Cc}]*)?$/u;

/** The host's public SSH key. A rule refuses a missing one: `trust-hosts` reads the rest of the configuration. */
export const hostKey = z
  .string()
  .regex(ED25519)
  .meta({
    description:
      "The host's public SSH host key, ED25519. A host that shows another one is refused. `npm run trust-hosts -- <stack>` records those that are missing.",
    allowed: "ssh-ed25519, a blank and 68 characters, as in /etc/ssh/ssh_host_ed25519_key.pub",
    fix: "record it with: npm run trust-hosts -- <stack>",
    defaultText: "required",
  })
  .optional();

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  .meta({
    description:
      "Its own host name, as `hostname` prints it there. It is the node's name in the swarm, too. The program never changes it.",
    allowed: "a DNS label in lower case, at most 63 characters",
    fix: "write what `hostname` prints on the host; `hostnamectl set-hostname <name>` changes that",
  });

/** A host of load balancers. */
export const balancer = z
  .strictObject({
    name,
    address: address("Its IPv4 address, as seen from the other hosts."),
    hostKey,
    ...ownLogin,
  })
  .meta({
    description: "A host of this load balancer.",
    allowed: "a mapping with the keys name, address, hostKey, user, port, privateKey and sudoPassword",
    fix: 'write { name: lb-1, address: 10.0.0.11, hostKey: "ssh-ed25519 …" }',
  });

/** One entry of `swarm-ha:hosts.inventory`. */
export const host = z
  .strictObject({
    name,
    role: z.enum(ROLES).meta({
      description: "What the host does in the swarm.",
      allowed: ROLES.join(", "),
      fix: "write role: worker",
    }),
    zone: zoneName.meta({
      description: "Its failure zone, such as its rack, its room or its hypervisor: hosts that fail together.",
      allowed: "one of swarm-ha:zones",
      fix: "write one of swarm-ha:zones",
    }),
    address: address("Its IPv4 address, as seen from the other hosts. It must be the host's own, and fixed."),
    hostKey,
    pool: line
      .meta({
        description: "Pool of a worker. Other hosts have none.",
        allowed: "a DNS label of at most 40 characters that begins with a letter",
        fix: "write a name such as web, or leave the key out",
        defaultText: "`worker` for workers",
      })
      .optional(),
    labels: labels("Engine labels of this host, beside those of its pool."),
    ...ownLogin,
  })
  .meta({
    description: "One host.",
    allowed:
      "a mapping with the keys name, role, zone, address, hostKey, pool, labels, user, port, privateKey and sudoPassword",
    fix: 'write { name: web-1, role: worker, zone: rack-1, address: 10.0.1.3, hostKey: "ssh-ed25519 …" }',
  });

/** `swarm-ha:hosts.bastion`. */
export const bastion = z
  .strictObject({
    address: address("Its IPv4 address, as seen from this workstation."),
    privateAddress: address("Its IPv4 address, as seen from the other hosts.", { defaultText: "`address`" }).optional(),
    hostKey,
    ...ownLogin,
  })
  .meta({
    description: "The bastion: the one host from which all others are reached, where the cluster-wide steps run.",
    allowed: "a mapping with the keys address, privateAddress, hostKey, user, port, privateKey and sudoPassword",
    fix: 'write { address: 10.0.0.10, hostKey: "ssh-ed25519 …" }, or leave the key out',
    defaultText: "the first host of load balancers, else the first worker",
  });

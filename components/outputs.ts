import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { ROLES } from "../plan/roles";

const text = z.string().min(1);

/**
 * A planned host. Its address is in `hosts`, and its identity in the state. If the host can't be created, both stay unknown,
 * and an unknown value would make everything unknown that is in the same secret.
 */
const plannedNodeSchema = z.object({
  /** Host name, which is the node's name in the swarm, too. */
  name: text,
  role: z.enum(ROLES),
  /** Node labels `swarm-ha.role`, `swarm-ha.zone` and `swarm-ha.pool` repeat the fields of these names. */
  zone: text,
  pool: text,
  /** Engine labels of its pool. */
  labels: z.record(z.string(), z.string()),
});

/** A client certificate of the stack's CA for the managers' API, and its key. PEM. */
const clientSchema = z.object({ cert: text, key: text });

const loadBalancerSchema = z.object({
  /** The same as in `endpoints`. */
  url: text,
  /**
   * Where its members' state can be read, as seen from the bastion: `http://<address>:8404/stats;csv`, the table of
   * HAProxy. Without it the state is unknown.
   */
  stats: text.optional(),
});

/** What the commands need for access. A secret as a whole. */
const accessSchema = z.object({
  /** The bastion's sshd as seen from here; keys in OpenSSH's formats. */
  bastion: z.object({
    host: text,
    port: z.number().int(),
    user: text,
    privateKey: text,
    /** Public host key, to be pinned. */
    hostKey: text,
    /** Password that sudo asks for. @default the user is root, or sudo asks for none */
    sudoPassword: text.optional(),
  }),
  /** The bastion's own client certificate. */
  client: clientSchema,
  /** A client certificate for people, short-lived. @default people get the bastion's */
  person: clientSchema.optional(),
  /**
   * The registry's next login, which it accepts already, and the name of the key in the state whose replacement makes it the one
   * in use. @default the stack is from before there were two
   */
  registryNext: z.object({ username: text, password: text, replaces: text }).optional(),
  /** How long before its expiry a certificate is due, in days. */
  renewalDays: z.number().int().default(30),
  /** Further certificates, which no host serves, and which expire too. PEM, no secret. */
  certificates: z.array(z.object({ owner: text, use: z.enum(["client", "authority"]), certificate: text })).default([]),
  /**
   * Source of the applications' certificate: the stack's authority, an ACME authority, or the user. No `up` renews the user's.
   * Without it, as after an upgrade and before the next `up`, the issuer isn't checked.
   */
  appCertificate: z.enum(["stack", "acme", "user"]).optional(),
  /** All hosts, in the order of the plan. */
  nodes: z.array(plannedNodeSchema),
  loadBalancers: z.object({
    manager: loadBalancerSchema,
    registry: loadBalancerSchema.optional(),
    app: loadBalancerSchema.optional(),
  }),
});

const backupSchema = z.object({
  /** As restic names it, seen from the bastion; a folder is one of the bastion that outlives it. */
  repository: text,
  password: text,
  /** Environment variables for restic. */
  credentials: z.record(z.string(), z.string()),
  /** How many snapshots are kept. */
  keep: z.object({ daily: z.number().int(), weekly: z.number().int(), monthly: z.number().int() }),
});

/** What a load balancer that the user provides has to do. */
const forwardingSchema = z.object({
  /** `host:port`, as the configuration names it. */
  endpoint: text,
  listeners: z.array(
    z.object({
      /** TCP port of the load balancer. TLS passes through to the members. */
      port: z.number().int(),
      /** Host names and `address:port`. */
      members: z.array(z.object({ name: text, address: text })),
      /** Health check of each member: a GET request. The certificate behind `https` needs no check. */
      check: z.object({
        protocol: z.enum(["http", "https"]),
        port: z.number().int(),
        path: text,
        status: z.number().int(),
        intervalSeconds: z.number(),
      }),
      /** Members accept the header from these addresses (CIDR) only. @default none: the header breaks connections */
      proxyProtocol: z.object({ version: z.literal(2), sources: z.array(text) }).optional(),
    }),
  ),
});

/** The stack's outputs: what `index.ts` exports, and what every tool reads. */
export const stackOutputsSchema = z.object({
  /** Cluster id, recorded when the swarm was created. A node that reports another one belongs to a second swarm. */
  swarmId: text,
  /** Without an address: the host was left out of an `up` (`--exclude`) and doesn't exist. */
  hosts: z.record(z.string(), z.object({ role: z.enum(ROLES), zone: text, address: text.optional() })),
  /** `manager` as `tcp://host:port`, `registry` as `https://…`, `app` as `https://*.app.<domain>[:port]`. */
  endpoints: z.object({ manager: text, registry: text.optional(), app: text.optional() }),
  /**
   * DNS records for the load balancers, to be created by hand: name → name that it is an alias of, or address.
   */
  records: z.record(z.string(), text).optional(),
  /** What load balancers that the user provides have to forward and check. @default the stack has all load balancers */
  forwards: z
    .object({ manager: forwardingSchema, registry: forwardingSchema, app: forwardingSchema })
    .partial()
    .optional(),
  /** The stack's CA, PEM. While it is rotated, a second certificate follows, which is trusted, too. */
  caCertificate: text,
  registryCredentials: z.object({ username: text, password: text }).optional(),
  access: accessSchema,
  /** The key that unlocks managers after a start of their Docker engines. A secret. @default autolock isn't configured */
  unlockKey: text.optional(),
  /** Where backups are stored (`swarm-ha:backup`). A secret as a whole. @default there are none */
  backup: backupSchema.optional(),
});

/** Outputs of a stack that exists, with secrets in plain text. */
export type StackOutputs = z.infer<typeof stackOutputsSchema>;
/** See {@link StackOutputs.access}. */
export type Access = StackOutputs["access"];
/** A host of the stack, and what the swarm reports about it while it is healthy. */
export type DesiredNode = Access["nodes"][number] & {
  /** Private address, as seen from the bastion; `unknown` while the host doesn't exist. */
  readonly address: string;
  /**
   * Changes exactly when it is another instance or container: `Host.identity`, node label `swarm-ha.identity`. Empty while the
   * host doesn't exist.
   */
  readonly identity: string;
};
/** See {@link StackOutputs.forwards}. */
export type Forwarding = z.infer<typeof forwardingSchema>;
/** Where backups are stored. */
export type BackupStore = z.infer<typeof backupSchema>;
/** A client certificate with its key. */
export type ClientCertificate = Access["client"];

type Unresolved<T> = pulumi.Input<T extends object ? { [K in keyof T]: Unresolved<T[K]> } : T>;

/**
 * The same as Pulumi outputs, in the program: `const outputs: ProgramOutputs = { … }; export = outputs;`
 * The compiler checks that the program and its commands agree.
 */
export type ProgramOutputs = { [K in keyof StackOutputs]: Unresolved<StackOutputs[K]> };

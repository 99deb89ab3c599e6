import { z } from "zod";

declare module "zod" {
  /** What the errors and docs/configuration.md tell about a key beside its type. */
  interface GlobalMeta {
    /** Unit of a number. */
    unit?: string;
    /** Values that are accepted, in words. */
    allowed?: string;
    /** What to write instead of a refused value. */
    fix?: string;
    /** Default in words, where it isn't one constant. */
    defaultText?: string;
  }
}

/** Where a stack's machines run. */
export const PLATFORMS = ["local", "aws"] as const;

/** Numbers of managers that make sense: odd ones, at most 7, because every further one makes each change slower. */
export const MANAGER_COUNTS: readonly number[] = [1, 3, 5, 7];

/** Most replicas of the registry: as many as the address plan keeps places for in a zone. */
export const MAX_REGISTRIES = 7;

/** Most zones: the address plan has eight equal blocks, and one of them is for the infrastructure. */
export const MAX_ZONES = 7;

/** Defaults that only one platform can have: zones of a cloud belong to a region that nobody can guess. */
export const PLATFORM_DEFAULTS = {
  local: { zones: ["zone-a", "zone-b", "zone-c"], domain: "swarm.localhost" },
  aws: { zones: undefined, domain: undefined },
} as const;

const zoneName = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/)
  .meta({
    description: "Name of a zone.",
    allowed: "a name of lower-case letters, digits and '-', at most 40 characters, beginning with a letter",
    fix: "write a name such as zone-a, or on AWS the one of an availability zone such as eu-central-1a",
  });

/** The zones of one tier or pool: a subset of the stack's zones. */
const tierZones = z
  .array(zoneName)
  .min(1)
  .meta({
    description:
      "Zones that these hosts are placed in, a subset of `zones`. The order counts: host n goes to zone (n - 1) modulo their number.",
    allowed: "a list of at least one name out of swarm-ha:zones, each once",
    fix: "write a list such as [zone-a, zone-b, zone-c], or leave the key out to use all zones",
    defaultText: "all `zones` in their order",
  })
  .optional();

const managers = z
  .strictObject({
    count: z.int().min(1).default(3).meta({
      description: "Number of managers. 3 survive the loss of 1 of them, 5 of 2, 7 of 3; 1 survives nothing.",
      unit: "hosts",
      allowed: "1, 3, 5 or 7",
      fix: "use 3, or 5 where two may fail at once",
    }),
    zones: tierZones,
  })
  .prefault({})
  .meta({
    description: "The managers: they keep the swarm's state and run no tasks of services.",
    allowed: "a mapping with the keys count and zones",
    fix: "write { count: 3 }",
  });

const registry = z
  .strictObject({
    replicas: z
      .int()
      .min(1)
      .max(MAX_REGISTRIES)
      .default(3)
      .meta({
        description: "Number of registry nodes, each with one replica of the registry.",
        unit: "hosts",
        allowed: `a whole number from 1 to ${MAX_REGISTRIES}`,
        fix: "use 3, one for each zone",
      }),
    zones: tierZones,
  })
  .prefault({})
  .meta({
    description: "The registry tier: nodes of the swarm that run nothing but the image registry.",
    allowed: "a mapping with the keys replicas and zones",
    fix: "write { replicas: 3 }",
  });

const pool = z
  .strictObject({
    count: z.int().min(0).max(2000).meta({
      description: "Number of workers in this pool. 0 keeps an empty pool; all pools together need at least 1.",
      unit: "hosts",
      allowed: "a whole number from 0 to 2000",
      fix: "write count: 3",
    }),
    labels: z
      .record(
        z.string(),
        z.string().meta({
          description: "Value of the label.",
          allowed: "a text of 1 to 256 characters on one line, without blanks at its ends",
          fix: 'write it in quotes, such as "ssd" or "true"',
        }),
      )
      .default({})
      .meta({
        description:
          "Engine labels of this pool's hosts; services are placed by them with constraints such as `engine.labels.com.example.storage==ssd`. A change replaces the pool's hosts.",
        allowed: "a mapping of label names to texts",
        fix: 'write { com.example.storage: "ssd" }',
      }),
    zones: tierZones,
  })
  .meta({
    description: "One pool of workers; its hosts are called <pool>-<n>.",
    allowed: "a mapping with the keys count, labels and zones",
    fix: "write { count: 3 }",
  });

/** One range of addresses; which ones fit together is checked by the rules. */
const range = (byDefault: string, description: string, allowed: string): z.ZodDefault<z.ZodString> =>
  z
    .string()
    .default(byDefault)
    .meta({ description, allowed, fix: `write a free private range such as ${byDefault}` });

const network = z
  .strictObject({
    hosts: range(
      "10.210.0.0/20",
      "Addresses of the machines. Its first eighth is for the infrastructure (operator, load balancers), each further eighth for a zone. Each stack on one machine needs a range of its own. A change replaces all hosts.",
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

const drain = z
  .strictObject({
    timeout: z.int().min(1).max(86_400).default(300).meta({
      description: "How long a node may take until its tasks run elsewhere before it is removed.",
      unit: "seconds",
      allowed: "a whole number from 1 to 86400 (seconds)",
      fix: "write timeout: 300",
    }),
    onTimeout: z.enum(["fail", "continue"]).default("fail").meta({
      description:
        "What happens then: `fail` ends the update with the node still there and drained, `continue` removes it with the tasks it has.",
      allowed: "fail or continue",
      fix: "write onTimeout: fail",
    }),
  })
  .prefault({})
  .meta({
    description: "How nodes are emptied before they are removed.",
    allowed: "a mapping with the keys timeout and onTimeout",
    fix: "write { timeout: 300, onTimeout: fail }",
  });

const port = (byDefault: number, description: string): z.ZodDefault<z.ZodInt> =>
  z
    .int()
    .min(1024)
    .max(65_535)
    .default(byDefault)
    .meta({
      description,
      allowed: "a port from 1024 to 65535, each once",
      fix: `write a free one such as ${byDefault}`,
    });

const local = z
  .strictObject({
    ports: z
      .strictObject({
        ssh: port(22022, "Port of this machine, on 127.0.0.1, that leads to the operator's SSH server."),
        manager: port(22376, "Port of this machine, on 127.0.0.1, that leads to the manager load balancer."),
      })
      .prefault({})
      .meta({
        description: "Ports of this machine that the stack takes. Each stack needs its own.",
        allowed: "a mapping with the keys ssh and manager",
        fix: "write { ssh: 22022, manager: 22376 }",
      }),
    image: z
      .string()
      .regex(/^[a-z0-9][a-zA-Z0-9._/:@-]*$/)
      .meta({
        description: "Image of the hosts. Hosts that exist keep theirs until they are replaced.",
        allowed: "a reference of an image that this machine's engine has",
        fix: "leave the key out to use the image that set-up has built",
        defaultText: "the image that set-up has built",
      })
      .optional(),
  })
  .prefault({})
  .meta({
    description: "What only the platform `local` has.",
    allowed: "a mapping with the keys ports and image, on the platform local only",
    fix: "write { ports: { ssh: 22022, manager: 22376 } }",
  });

/**
 * Everything that a stack can be told, and the only place for defaults. Keys are those of the Pulumi namespace
 * `swarm-ha`. Here are types and formats; what has to fit together is checked in `config/rules`.
 */
export const stackSchema = z.strictObject({
  platform: z.enum(PLATFORMS).meta({
    description: "Where the machines run: containers on this machine's Docker engine, or AWS.",
    allowed: PLATFORMS.join(" or "),
    fix: "write local to run the stack on this machine",
  }),
  zones: z
    .array(zoneName)
    .min(1)
    .max(MAX_ZONES)
    .meta({
      description:
        "Failure zones that the hosts are spread over. With 3 or more managers at least 3, so that the majority survives the loss of any one. Host n of a tier goes to zone (n - 1) modulo their number, so a later change of the list moves hosts: they are replaced.",
      allowed: `a list of 1 to ${MAX_ZONES} names, each once; at least 3 with 3 or more managers`,
      fix: "write a list such as [zone-a, zone-b, zone-c]",
      defaultText: `[${PLATFORM_DEFAULTS.local.zones.join(", ")}] on local; required on aws`,
    })
    .optional(),
  managers,
  registry,
  workers: z
    .record(z.string(), pool)
    .default({ worker: { count: 3, labels: {} } })
    .meta({
      description:
        "Pools of workers by name. A name is a DNS label of at most 40 characters; its hosts are called <pool>-<n>.",
      allowed: "a mapping of pool names to pools, with at least 1 worker in all",
      fix: "write { worker: { count: 3 } }",
    }),
  network,
  domain: z
    .string()
    .max(200)
    .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/)
    .meta({
      description: "DNS domain of the stack: applications answer below `app.<domain>`.",
      allowed: "a DNS name in lower case, without wildcard, port or dot at its end",
      fix: "write a name such as swarm.example.com",
      defaultText: `${PLATFORM_DEFAULTS.local.domain} on local; required on aws`,
    })
    .optional(),
  drain,
  joinEpoch: z.int().min(0).default(0).meta({
    description:
      "Raise it after the join tokens were rotated on purpose: joins that are still to come fetch new ones, finished joins ignore it.",
    allowed: "a whole number from 0 on",
    fix: "write joinEpoch: 0, and 1 more after each rotation",
  }),
  certificateExpiry: z.int().min(1).max(87_600).default(2160).meta({
    description:
      "Life of the certificates that the swarm gives its nodes; the nodes renew them by themselves. 2160 hours are 90 days, the engine's own default; the engine takes no less than 1.",
    unit: "hours",
    allowed: "a whole number from 1 to 87600 (hours)",
    fix: "write certificateExpiry: 2160",
  }),
  local,
});

/** The values of all keys after defaults, as the schema alone sees them. */
export type StackValues = z.output<typeof stackSchema>;

/** One pool of workers. */
export type PoolConfig = StackValues["workers"][string];

/** What only the platform `local` has. */
export type LocalConfig = StackValues["local"];

interface CommonConfig extends Omit<StackValues, "platform" | "zones" | "domain" | "local"> {
  /** Name of the stack: machines, networks and contexts are called after it. */
  readonly stack: string;
  /** Failure zones, each once, in placement order. */
  readonly zones: readonly string[];
  /** DNS domain of the stack. */
  readonly domain: string;
  /** What is accepted, but shouldn't go unsaid: one sentence each. */
  readonly warnings: readonly string[];
}

/** A checked configuration of a stack on this machine's Docker engine. */
export interface LocalStackConfig extends CommonConfig {
  readonly platform: "local";
  readonly local: LocalConfig;
}

/** A checked configuration of a stack on AWS. */
export interface AwsStackConfig extends CommonConfig {
  readonly platform: "aws";
}

/** A checked configuration: whoever holds one can rely on every rule of `config/rules`. */
export type StackConfig = LocalStackConfig | AwsStackConfig;

import { z } from "zod";
import type { PlatformFacts } from "../platforms/facts";
import { ownKeys } from "./own-keys";
import { MAX_REGISTRIES } from "./constants";

/** Name of a zone. */
export const zoneName = z
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

/** How many hosts of one tier or pool may be away while an update replaces them. */
export const maxUnavailable = z
  .int()
  .min(1)
  .max(100)
  .meta({
    description:
      "How many of these hosts an update may replace at once: all in one zone, and never all hosts. The next ones follow when these are back in service.",
    unit: "hosts",
    allowed: "a whole number from 1 to 100, less than the number of hosts",
    fix: "write maxUnavailable: 1, or leave the key out",
    defaultText: "a third of them, rounded down; at least 1",
  })
  .optional();

/** What errors say about the value of an engine label. */
export const LABEL_VALUE = {
  allowed: "a text of 1 to 256 characters on one line, without blanks at its ends",
  fix: 'write it in quotes, such as "ssd" or "true"',
} as const;

/** Engine labels of hosts. */
export const labels = (description: string) =>
  z
    .record(z.string(), z.string().meta({ description: "Value of the label.", ...LABEL_VALUE }))
    .default({})
    .meta({
      description,
      allowed: "a mapping of label names to texts",
      fix: 'write { com.example.storage: "ssd" }',
    });

/** `swarm-ha:managers`. */
export const managers = z
  .strictObject({
    count: z.int().min(1).default(3).meta({
      description: "Number of managers. 3 survive the loss of 1, 5 of 2, 7 of 3. A single one survives no loss.",
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

/** `swarm-ha:registry`. */
export const registry = z
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
    maxUnavailable,
  })
  .prefault({})
  .meta({
    description: "The registry tier: nodes of the swarm that run only the image registry.",
    allowed: "a mapping with the keys replicas, zones and maxUnavailable",
    fix: "write { replicas: 3 }",
  });

/** One entry of `swarm-ha:workers`. */
export function pool(platforms: Readonly<Record<string, PlatformFacts>>) {
  const all = Object.entries(platforms);
  // Their types are for those who know the platform.
  const further: object = Object.fromEntries(ownKeys(platforms, "poolKeys"));
  const there = all.flatMap(([name, { poolKeys }]) => {
    const names = Object.keys(poolKeys);
    return names.length === 0 ? [] : [`, and on ${name} ${listed(names)}`];
  });
  return z
    .strictObject({
      count: z.int().min(0).max(2000).meta({
        description: "Number of workers in this pool. 0 keeps an empty pool; all pools together need at least 1.",
        unit: "hosts",
        allowed: "a whole number from 0 to 2000",
        fix: "write count: 3",
      }),
      labels: labels(
        "Engine labels of this pool's hosts, for placement constraints such as `engine.labels.com.example.storage==ssd`. Running hosts apply a change without a restart.",
      ),
      zones: tierZones,
      maxUnavailable,
      ...further,
    })
    .meta({
      description: "One pool of workers; its hosts are called `<pool>-<n>`.",
      allowed: `a mapping with the keys count, labels, zones, maxUnavailable${there.join("")}`,
      fix: "write { count: 3 }",
    });
}

function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" and ");
}

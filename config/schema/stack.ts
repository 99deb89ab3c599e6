import { z } from "zod";
import type { PlatformFacts } from "../platforms/facts";
import { acknowledge } from "./acknowledge";
import { backup } from "./backup";
import "./meta";
import { certificates } from "./certificates";
import { MAX_ZONES } from "./constants";
import { externalCa } from "./external-ca";
import { housekeeping } from "./housekeeping";
import { images } from "./images";
import { ingress } from "./ingress";
import { network } from "./network";
import { ownKeys } from "./own-keys";
import { managers, pool, registry, zoneName } from "./tiers";

const drain = z
  .strictObject({
    timeout: z.int().min(1).max(86_400).default(300).meta({
      description:
        "Time limit of a drain before a node is removed. A drain doesn't begin if other nodes have no room for the tasks, and it stops early when the scheduler finds no node for one of them.",
      unit: "seconds",
      allowed: "a whole number from 1 to 86400 (seconds)",
      fix: "write timeout: 300",
    }),
    onTimeout: z.enum(["fail", "continue"]).default("fail").meta({
      description:
        "What happens after the time limit: `fail` stops the update, and the node goes back into service; `continue` removes the node, and its tasks wait for room.",
      allowed: "fail or continue",
      fix: "write onTimeout: fail",
    }),
  })
  .prefault({})
  .meta({
    description: "How nodes are drained before they are removed.",
    allowed: "a mapping with the keys timeout and onTimeout",
    fix: "write { timeout: 300, onTimeout: fail }",
  });

/**
 * All keys of a stack. This folder and config/platforms are the only places for defaults. Keys are those of the
 * Pulumi namespace `swarm-ha`. This checks types and formats; `config/rules` checks what has to fit together.
 */
export function stackSchemaOf(platforms: Readonly<Record<string, PlatformFacts>>) {
  const all = Object.entries(platforms);
  const names = Object.keys(platforms);
  /** The default of a key, in words. */
  const byDefault = (value: (defaults: PlatformFacts["defaults"]) => string | undefined): string =>
    all
      .map(([name, { defaults }]) =>
        value(defaults) === undefined ? `required on ${name}` : `${value(defaults) ?? ""} on ${name}`,
      )
      .join("; ");
  return z.strictObject({
    platform: z.enum(names).meta({
      description: `Where the hosts run: ${all.map(([, { where }]) => where).join(", or ")}.`,
      allowed: names.join(" or "),
      fix: `write ${names[0] ?? ""} to run the stack on this workstation`,
    }),
    zones: z
      .array(zoneName)
      .min(1)
      .max(MAX_ZONES)
      .meta({
        description:
          "Failure zones that the hosts are spread over. With 3 or more managers, at least 3 zones, so that the majority survives the loss of any zone. Host n of a tier goes to zone (n - 1) modulo their number, so a later change of the list replaces hosts.",
        allowed: `a list of 1 to ${MAX_ZONES} names, each once; at least 3 with 3 or more managers`,
        fix: "write a list such as [zone-a, zone-b, zone-c]",
        defaultText: byDefault(({ zones }) => (zones === undefined ? undefined : `[${zones.join(", ")}]`)),
      })
      .optional(),
    managers,
    registry,
    workers: z
      .record(z.string(), pool(platforms))
      .default({ worker: { count: 3, labels: {} } })
      .meta({
        description:
          "Pools of workers by name. A name is a DNS label of at most 40 characters; its hosts are called `<pool>-<n>`.",
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
        defaultText: byDefault((defaults) => defaults.domain),
      })
      .optional(),
    drain,
    joinEpoch: z.int().min(0).default(0).meta({
      description:
        "Raise it after join tokens were rotated by hand while a host had fetched one and not joined yet: all hosts fetch theirs again. `npm run rotate -- <stack> join-tokens` does without it. The step also runs on hosts that have joined, where it changes nothing; so all hosts must be reachable.",
      allowed: "a whole number from 0 on",
      fix: "write joinEpoch: 0, and 1 more after each rotation",
    }),
    certificateExpiry: z.int().min(1).max(87_600).default(2160).meta({
      description:
        "Validity of the swarm's own node certificates, which the nodes renew by themselves. 2160 hours are 90 days, Docker's default. Nodes take a change over at their next renewal, when about half of the validity is over.",
      unit: "hours",
      allowed: "a whole number from 1 to 87600 (hours)",
      fix: "write certificateExpiry: 2160",
    }),
    externalCa: externalCa.optional(),
    autolock: z
      .boolean()
      .meta({
        description:
          "Whether managers encrypt the swarm's keys on their disks, so that a manager is locked after each start of its Docker engine until it gets the unlock key (docs/operations/autolock.md). The key is the secret stack output `unlockKey`. Without this key, autolock stays as it was set by hand.",
        allowed: "true or false",
        fix: "write autolock: true, or leave it out",
        defaultText: "off",
      })
      .optional(),
    certificates,
    housekeeping,
    rebalance: z.boolean().default(false).meta({
      description:
        "Whether `up`, `npm start` and `npm run repair` end with a rebalance: services' tasks are spread again over workers that were added or have returned. Services with data on their nodes stay, and those that would not run for a moment. A rebalance that fails is a warning: the exit code stays 0. Plain `pulumi up` and an `up` with `--target` or `--exclude` don't rebalance; nor does any while another operation runs on the stack.",
      allowed: "true or false",
      fix: "write rebalance: true or leave it out",
    }),
    acknowledge,
    backup: backup.optional(),
    ingress: ingress(platforms),
    images: images(platforms),
    ...platformKeys(platforms),
  });
}

/** Keys of each platform, which other platforms don't have. Only the platform's own code uses their types. */
function platformKeys(platforms: Readonly<Record<string, PlatformFacts>>): object {
  return Object.fromEntries(
    ownKeys(platforms, "keys").map(([key, schema]) => [
      key,
      schema.safeParse(undefined).success ? schema : schema.optional(),
    ]),
  );
}

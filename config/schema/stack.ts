import { z } from "zod";
import type { PlatformFacts } from "../platforms/facts";
import { acknowledge } from "./acknowledge";
import "./meta";
import { certificates } from "./certificates";
import { MAX_ZONES } from "./constants";
import { images } from "./images";
import { ingress } from "./ingress";
import { network } from "./network";
import { ownKeys } from "./own-keys";
import { managers, pool, registry, zoneName } from "./tiers";

const drain = z
  .strictObject({
    timeout: z.int().min(1).max(86_400).default(300).meta({
      description:
        "How long a node may take until its tasks run elsewhere before it is removed. A drain doesn't begin where they have no room elsewhere, and ends early when the scheduler finds no node for one of them.",
      unit: "seconds",
      allowed: "a whole number from 1 to 86400 (seconds)",
      fix: "write timeout: 300",
    }),
    onTimeout: z.enum(["fail", "continue"]).default("fail").meta({
      description:
        "What happens when they don't: `fail` ends the update, and the node is in service as before; `continue` removes it, and the tasks wait for room.",
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

/**
 * Everything that a stack can be told. This folder and config/platforms are the only places for defaults. Keys are those of the
 * Pulumi namespace `swarm-ha`. Here are types and formats; what has to fit together is checked in `config/rules`.
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
          "Failure zones that the hosts are spread over. With 3 or more managers at least 3, so that the majority survives the loss of any one. Host n of a tier goes to zone (n - 1) modulo their number, so a later change of the list moves hosts: they are replaced.",
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
        "Raise it after the join tokens were rotated on purpose: joins that are still to come fetch new ones. Hosts that have joined are asked too, and find nothing to do; so do it while all are reachable.",
      allowed: "a whole number from 0 on",
      fix: "write joinEpoch: 0, and 1 more after each rotation",
    }),
    certificateExpiry: z.int().min(1).max(87_600).default(2160).meta({
      description:
        "Life of the certificates that the swarm gives its nodes; the nodes renew them by themselves. 2160 hours are 90 days, the engine's own default; the engine takes no less than 1. It counts when the swarm is born; afterwards it is `docker swarm update --cert-expiry`.",
      unit: "hours",
      allowed: "a whole number from 1 to 87600 (hours)",
      fix: "write certificateExpiry: 2160",
    }),
    certificates,
    acknowledge,
    ingress: ingress(platforms),
    images: images(platforms),
    ...platformKeys(platforms),
  });
}

/** What each platform has for itself: none of it is there on another one. Their types are for those who know the platform. */
function platformKeys(platforms: Readonly<Record<string, PlatformFacts>>): object {
  return Object.fromEntries(
    ownKeys(platforms, "keys").map(([key, schema]) => [
      key,
      schema.safeParse(undefined).success ? schema : schema.optional(),
    ]),
  );
}

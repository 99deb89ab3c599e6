import { z } from "zod";
import { describer } from "../../description";
import { zoneName } from "../../schema/tiers";
import { ROLES } from "../../../plan/roles";

const text = (description: string) => z.string().min(1).meta({ description, allowed: "a text", fix: "write a text" });
const port = z
  .int()
  .min(1)
  .max(65_535)
  .meta({ description: "TCP port of sshd.", allowed: "a port from 1 to 65535", fix: "write port: 22" });

/** How a host is logged in to. Each host may have its own. */
const login = {
  user: text("User that logs in; any but root needs sudo.").optional(),
  port: port.optional(),
  privateKey: text("Private key, OpenSSH format. A secret.").optional(),
  sudoPassword: text("Password that sudo asks for. A secret.").optional(),
};

const host = {
  name: text("Its host name."),
  address: text("Its private IPv4 address."),
  hostKey: text("Its public SSH host key, ED25519.").optional(),
  ...login,
};

const tier = z.union([
  z.strictObject({ hosts: z.array(z.strictObject(host)).min(1), virtualAddress: text("Virtual IPv4 address.") }),
  z.strictObject({
    external: z.strictObject({ endpoint: text("`host:port`."), sources: z.array(text("CIDR.")).default([]) }),
  }),
]);

/** `swarm-ha:hosts`. */
const hosts = z
  .strictObject({
    ssh: z.strictObject({
      ...login,
      user: z.string().default("root"),
      port: port.default(22),
      privateKey: text("Private key, OpenSSH format. A secret."),
    }),
    bastion: z
      .strictObject({
        address: text("Address, as seen from the workstation."),
        privateAddress: text("Address, as seen from the hosts.").optional(),
        hostKey: text("Host key.").optional(),
        ...login,
      })
      .optional(),
    engine: z
      .strictObject({
        source: z.enum(["docker", "debian", "installed"]).default("docker"),
        version: text("Version.").optional(),
      })
      .prefault({}),
    adopt: z.boolean().default(false),
    inventory: z
      .array(
        z.strictObject({
          ...host,
          role: z.enum(ROLES),
          zone: zoneName,
          pool: text("Pool of a worker.").optional(),
          labels: z.record(z.string(), z.string()).default({}),
        }),
      )
      .min(1),
    pools: z
      .record(
        z.string(),
        z.strictObject({
          labels: z.record(z.string(), z.string()).default({}),
          maxUnavailable: z.int().min(1).optional(),
        }),
      )
      .default({}),
    loadBalancers: z.strictObject({ manager: tier, registry: tier, app: tier }),
    registryStorage: z.union([
      z.strictObject({ path: text("Folder.") }),
      z.strictObject({
        s3: z.strictObject({
          endpoint: text("URL."),
          bucket: text("Bucket."),
          region: text("Region."),
          accessKey: text("Key id. A secret."),
          secretKey: text("Key. A secret."),
        }),
      }),
    ]),
  })
  .meta({
    description: "Keys of the platform `hosts`.",
    allowed: "a mapping, on the platform hosts only",
    fix: "see docs/hosts.md",
  });

/** Top-level keys. */
export const keys = { hosts };

/** Description of one of these keys at a path. */
export const describeKey = describer(z.strictObject(keys));

import { z } from "zod";
import { describer } from "../../description";
import { DEFAULT_ENGINE, ENGINE_VERSIONS } from "./engines";

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

/** `swarm-ha:local`. */
const local = z
  .strictObject({
    ports: z
      .strictObject({
        ssh: port(22022, "Port of this workstation, on 127.0.0.1, that leads to the bastion's SSH server."),
        manager: port(22376, "Port of this workstation, on 127.0.0.1, that leads to the manager load balancer."),
        registry: port(
          25000,
          "Port of this workstation, on 127.0.0.1, that leads to the registry load balancer. It is a part of image names, and the same inside the cluster.",
        ),
        http: port(28080, "Port of this workstation, on 127.0.0.1, that leads to the applications by HTTP."),
        https: port(28443, "Port of this workstation, on 127.0.0.1, that leads to the applications by HTTPS."),
      })
      .prefault({})
      .meta({
        description: "Ports of this workstation that the stack takes. Each stack needs its own.",
        allowed: "a mapping with the keys ssh, manager, registry, http and https",
        fix: "write { ssh: 22022, manager: 22376 }",
      }),
    engine: z
      .enum(ENGINE_VERSIONS)
      .default(DEFAULT_ENGINE)
      .meta({
        description:
          "Version of the hosts' Docker engine. Existing hosts keep theirs until `npm run upgrade -- <stack>` (docs/operations/upgrade.md).",
        allowed: `one of ${ENGINE_VERSIONS.join(", ")}`,
        fix: `write "${DEFAULT_ENGINE}"`,
      }),
    image: z
      .string()
      .regex(/^[a-z0-9][a-zA-Z0-9._/:@-]*$/)
      .meta({
        description:
          "Image of the hosts, instead of the one that set-up builds for `engine`. Existing hosts keep theirs until they are replaced.",
        allowed: "a reference of an image that this workstation's Docker engine has",
        fix: "leave the key out to use the image that set-up has built",
        defaultText: "the image that set-up has built",
      })
      .optional(),
  })
  .prefault({})
  .meta({
    description: "Keys of the platform `local`.",
    allowed: "a mapping with the keys ports, engine and image, on the platform local only",
    fix: "write { ports: { ssh: 22022, manager: 22376 } }",
  });

/** Top-level keys. */
export const keys = { local };

/** Description of one of these keys at a path. */
export const describeKey = describer(z.strictObject(keys));

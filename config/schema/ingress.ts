import { z } from "zod";
import type { PlatformFacts } from "../platforms/facts";
import { acme } from "./acme";

const pem = (kind: "certificate" | "key", description: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .regex(kind === "key" ? /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n/ : /^-----BEGIN CERTIFICATE-----\n/)
    .meta({
      description,
      allowed: kind === "key" ? "a private key without passphrase, PEM" : "one or more certificates, PEM",
      fix:
        kind === "key"
          ? "set it with: npm run pulumi -- config set --secret --path swarm-ha:ingress.key < key.pem"
          : "set it with: npm run pulumi -- config set --path swarm-ha:ingress.certificate < chain.pem",
      defaultText: "one of the stack's own authority",
      ...(kind === "key" ? { secret: true } : {}),
    })
    .optional();

const timeouts = z
  .strictObject({
    request: z.int().min(0).max(604_800).default(0).meta({
      description:
        "How long a client may take to send a whole request, headers and body together. Longer uploads and client streams (gRPC) are cut off. 0: no limit.",
      unit: "seconds",
      allowed: "a whole number from 0 to 604800 (seconds); 0 for no limit",
      fix: "write request: 0",
    }),
    idle: z.int().min(1).max(340).default(180).meta({
      description:
        "How long an idle connection of a client stays open. It must be less than 350 s, after which AWS's load balancer drops the connection.",
      unit: "seconds",
      allowed: "a whole number from 1 to 340 (seconds)",
      fix: "write idle: 180",
    }),
  })
  .prefault({})
  .meta({
    description: "Time limits between clients and the ingress. Responses, event streams and WebSockets have none.",
    allowed: "a mapping with the keys request and idle",
    fix: "write { request: 0, idle: 180 }",
  });

/** `swarm-ha:ingress`. */
export const ingress = (platforms: Readonly<Record<string, PlatformFacts>>) =>
  z
    .strictObject({
      certificate: pem(
        "certificate",
        "Certificate of the applications, for `*.app.<domain>`, followed by the intermediate certificates. When it is renewed, the next `up` rolls it out, one worker after the other.",
      ),
      key: pem("key", "Key of that certificate. A secret."),
      acme: acme(platforms).optional(),
      hstsDays: z.int().min(0).max(730).default(0).meta({
        description:
          "For how many days browsers use only HTTPS for an application (HTTP Strict Transport Security). 0: no such header. It can't be revoked earlier, so try a few days first.",
        unit: "days",
        allowed: "a whole number from 0 to 730 (days)",
        fix: "write hstsDays: 0, or 365 once every application is reached by HTTPS",
      }),
      timeouts,
    })
    .prefault({})
    .meta({
      description: "The application ingress: Traefik on every worker.",
      allowed: "a mapping with the keys certificate, key, acme, hstsDays and timeouts",
      fix: "leave the key out to use a certificate of the stack's own authority",
    });

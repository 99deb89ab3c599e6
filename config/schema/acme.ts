import { z } from "zod";
import { variables } from "./variables";
import type { PlatformFacts } from "../platforms/facts";
import { ACME_DIRECTORY } from "./constants";

/** `swarm-ha:ingress.acme`. */
export function acme(platforms: Readonly<Record<string, PlatformFacts>>) {
  const all = Object.entries(platforms);
  const onlyOne = all.flatMap(
    ([
      name,
      {
        propagation: [way, ...others],
      },
    ]) => (others.length > 0 ? [] : [`on ${name} only ${way}`]),
  );
  return z
    .strictObject({
      email: z
        .string()
        .max(254)
        .regex(/^[^\s@/'"]+@[^\s@/'"]+$/)
        .meta({
          description: "Address for the authority's messages about the certificate.",
          allowed: "an e-mail address",
          fix: "write an address such as operations@example.com",
        }),
      provider: z
        .string()
        // `manual` asks a person what to do, and would wait for ever.
        .regex(/^(?!manual$)[a-z0-9][a-z0-9-]*$/)
        .meta({
          description:
            "The domain's DNS provider, by lego's code: `route53`, `cloudflare`, `gcloud`, `azure`, `rfc2136` and a hundred more. `lego dnshelp` on the bastion lists them, and what each needs.",
          allowed: "a code out of `lego dnshelp`, but not manual",
          fix: "write a code such as route53, cloudflare or rfc2136",
        }),
      credentials: variables("LEGO_", {
        description:
          "The provider's credentials and settings, which lego gets as environment variables; `lego dnshelp -c <provider>` lists the names. A secret. It needs the right to change TXT records of this one zone, and no more.",
        key: "ingress.acme.credentials",
      }),
      directory: z
        .string()
        .regex(/^https:\/\/[^\s'"]+$/)
        .default(ACME_DIRECTORY)
        .meta({
          description:
            "The authority's ACME directory. The default is Let's Encrypt's: by using it you agree to its terms.",
          allowed: "an https:// URL",
          fix: `write ${ACME_DIRECTORY}, or that of your own authority`,
        }),
      authority: z
        .string()
        .regex(/^-----BEGIN CERTIFICATE-----\n/)
        .meta({
          description:
            "Root certificate of the directory's own HTTPS certificate, for a private authority such as step-ca.",
          allowed: "one or more certificates, PEM",
          fix: "set it with: npm run pulumi -- config set --path swarm-ha:ingress.acme.authority < root.pem",
          defaultText: "the authorities that the bastion trusts",
        })
        .optional(),
      renewAfterDays: z.int().min(1).max(365).default(30).meta({
        description:
          "Age at which the certificate is due. The next `up` renews it, and the preview shows that. 30 leaves two months of Let's Encrypt's 90 days, and two weeks of its future 45. At most two thirds of the validity.",
        unit: "days",
        allowed: "a whole number from 1 to 365 (days), less than the validity of the authority's certificates",
        fix: "write renewAfterDays: 30",
      }),
      propagation: z
        .enum(["check", "skip"])
        .meta({
          description:
            "Whether lego waits until each of the zone's name servers has its TXT record. The bastion asks them on UDP 53, which AWS's security groups block. With `skip` it waits only for `<PROVIDER>_POLLING_INTERVAL` in `credentials` (seconds, most often 2).",
          allowed: ["check or skip", ...onlyOne].join("; "),
          fix: "write propagation: skip where the bastion can't ask the zone's name servers",
          defaultText: all.map(([name, { propagation }]) => `${propagation[0]} on ${name}`).join(", "),
        })
        .optional(),
    })
    .meta({
      description:
        "Gets the applications' certificate for `*.app.<domain>` from an ACME authority, by a DNS challenge. A step on the bastion runs lego.",
      allowed:
        "a mapping with the keys email, provider, credentials, directory, authority, renewAfterDays and propagation",
      fix: "write { email: operations@example.com, provider: route53 }",
      defaultText: "no ACME",
    });
}

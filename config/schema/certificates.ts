import { z } from "zod";

/** Apple's systems refuse servers' certificates of any authority beyond it. Source: support.apple.com/103769. */
const LONGEST = 825;

const days = (byDefault: number, name: string, description: string): z.ZodDefault<z.ZodInt> =>
  z
    .int()
    .min(1)
    .max(LONGEST)
    .default(byDefault)
    .meta({
      description,
      unit: "days",
      allowed: `a whole number from 1 to ${LONGEST} (days)`,
      fix: `write ${name}: ${byDefault}`,
    });

/** `swarm-ha:certificates`. */
export const certificates = z
  .strictObject({
    serverDays: days(
      730,
      "serverDays",
      "Validity of the certificates of the cluster's endpoints, and of the bastion's own. A change reissues them.",
    ),
    personDays: days(
      90,
      "personDays",
      "Validity of the client certificate that `npm run context` writes. A change reissues it.",
    ),
    renewalDays: days(
      30,
      "renewalDays",
      "How long before its expiry a certificate is due. The next `up` reissues it, and the preview shows that. Only an `up` renews certificates, so run one more often than this.",
    ),
  })
  .prefault({})
  .meta({
    description:
      "Certificates of the stack's own authority. The authority itself is valid for ten years; docs/runbooks/authority.md replaces it.",
    allowed: "a mapping with the keys serverDays, personDays and renewalDays",
    fix: "write { serverDays: 730, personDays: 90, renewalDays: 30 }",
  });

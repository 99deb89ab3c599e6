import { z } from "zod";

/** `swarm-ha:externalCa`. */
export const externalCa = z
  .strictObject({
    urls: z
      .array(
        z
          .string()
          .regex(/^https:\/\/[^\s'"/?#@]+\/[^\s'"]+$/)
          .meta({
            description:
              "Where the managers send a certificate request: cfssl's `sign` endpoint. Its server certificate has to be signed by `rootCertificate`, too: the swarm trusts no other.",
            allowed: "an https:// URL with a path",
            fix: "write one such as https://ca.example.com:8888/api/v1/cfssl/sign",
          }),
      )
      .min(1)
      .meta({
        description: "The external CA, one URL for each of its servers. A manager takes the first that answers.",
        allowed: "a list of https:// URLs",
        fix: "write [https://ca.example.com:8888/api/v1/cfssl/sign]",
      }),
    rootCertificate: z
      .string()
      .regex(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n?$/)
      .meta({
        description:
          "Certificate of the CA that signs there. It becomes the swarm's root. The swarm takes only one, and refuses one that expires within a year.",
        allowed: "one certificate, PEM",
        fix: "set it with: npm run pulumi -- config set --path swarm-ha:externalCa.rootCertificate < root.pem",
      }),
  })
  .meta({
    description:
      "A CA outside of the swarm, of the protocol cfssl, that signs the nodes' certificates. docs/operations/external-ca.md explains how a swarm is moved to it and back. The bastion reaches it when the swarm is created, and the managers always.",
    allowed: "a mapping with the keys urls and rootCertificate",
    fix: "leave the key out, and the swarm signs by itself",
    defaultText: "none: the swarm signs by itself",
  });

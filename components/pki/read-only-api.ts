import type * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "./authority";
import { issueCertificate, type IssuedCertificate } from "./certificate";

/**
 * Name of the managers' read-only API in their certificates and in the ingress's settings. No DNS has it.
 * Source: ICANN keeps `.internal` for private use (board resolution 2024.07.29.06).
 */
export const READ_ONLY_API_NAME = "read-only-api.swarm-ha.internal";

/** Certificates for the managers' read-only API. */
export interface ReadOnlyApiPki {
  /** The ingress's client certificate. */
  readonly client: IssuedCertificate;
  /**
   * The authority whose clients are accepted, PEM. It signs for the ingress alone, because the managers' Docker API
   * accepts every client of the stack's own authority.
   */
  readonly clientAuthority: pulumi.Output<string>;
}

/** Arguments of {@link readOnlyApiPki}. */
export interface ReadOnlyApiPkiArgs {
  /** The stack's name. */
  readonly stack: string;
  /** How long the certificate is valid, and how long before its expiry it is replaced, in hours. */
  readonly validity: { readonly hours: number; readonly renewalHours: number };
}

/** Creates the ingress's client certificate. The server's is the manager's own, which also has the read-only API's name. */
export function readOnlyApiPki({ stack, validity }: ReadOnlyApiPkiArgs, parent: pulumi.Resource): ReadOnlyApiPki {
  const authority = new CertificateAuthority(
    "ingress-ca",
    { commonName: `swarm-ha ${stack} ingress authority` },
    { parent },
  );
  const client = issueCertificate("client-ingress", authority, { commonName: "ingress", use: "client", ...validity });
  return { client, clientAuthority: authority.certificate };
}

import type * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "./authority";
import { issueCertificate, type IssuedCertificate } from "./certificate";

/**
 * Name of the managers' read-only door, in their certificates and in the ingress's settings. It is in no DNS.
 * Source: ICANN keeps `.internal` for private use (board resolution 2024.07.29.06).
 */
export const DOOR_NAME = "door.swarm-ha.internal";

/** How the ingress gets through the managers' read-only door. */
export interface DoorPki {
  /** What it shows there. */
  readonly client: IssuedCertificate;
  /**
   * Whose certificates the doors let in, PEM. An authority of its own, for the ingress alone: the managers' full API
   * trusts every client of the stack's own authority.
   */
  readonly clientAuthority: pulumi.Output<string>;
}

/** Arguments of {@link doorPki}. */
export interface DoorPkiArgs {
  /** The stack's name. */
  readonly stack: string;
  /** How long the certificate is valid, and how long before its end it is replaced, in hours. */
  readonly validity: { readonly hours: number; readonly renewalHours: number };
}

/** Makes what the ingress shows. What the door shows is its manager's own certificate, which has the door's name, too. */
export function doorPki({ stack, validity }: DoorPkiArgs, parent: pulumi.Resource): DoorPki {
  const authority = new CertificateAuthority(
    "ingress-ca",
    { commonName: `swarm-ha ${stack} ingress authority` },
    { parent },
  );
  const client = issueCertificate("client-ingress", authority, { commonName: "ingress", use: "client", ...validity });
  return { client, clientAuthority: authority.certificate };
}

import type * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { CertificateAuthority } from "./authority";
import { firstCertificate } from "./bundle";

/** What a certificate is for. */
export type CertificateUse = "server" | "client";

/** Arguments of {@link issueCertificate}. */
export interface CertificateArgs {
  /** Subject's common name. */
  readonly commonName: string;
  /** Whether it is for a TLS server or a TLS client. */
  readonly use: CertificateUse;
  /** DNS names it is valid for. @default none */
  readonly dnsNames?: readonly string[];
  /** IP addresses it is valid for. @default none */
  readonly ipAddresses?: readonly string[];
  /** How long it is valid, in hours. */
  readonly hours: number;
  /** How long before its expiry the next `up` replaces it, in hours. */
  readonly renewalHours: number;
}

/** A certificate and its key, both PEM. */
export interface IssuedCertificate {
  /** The certificate. */
  readonly certificate: pulumi.Output<string>;
  /** The private key. Secret. */
  readonly key: pulumi.Output<string>;
}

/** Makes a key and has the authority sign a certificate for it. */
export function issueCertificate(
  name: string,
  authority: CertificateAuthority,
  args: CertificateArgs,
): IssuedCertificate {
  const opts = { parent: authority };
  const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, opts);
  const request = new tls.CertRequest(
    `${name}-request`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: args.commonName },
      ...(args.dnsNames === undefined ? {} : { dnsNames: [...args.dnsNames] }),
      ...(args.ipAddresses === undefined ? {} : { ipAddresses: [...args.ipAddresses] }),
    },
    opts,
  );
  const certificate = new tls.LocallySignedCert(
    `${name}-certificate`,
    {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: authority.key.privateKeyPem,
      // (An `up --target` of a new stack may leave the authority out. Then it leaves this certificate out, too.)
      caCertPem: authority.certificate.apply((bundle: string | undefined) => firstCertificate(bundle ?? "")),
      validityPeriodHours: args.hours,
      earlyRenewalHours: args.renewalHours,
      allowedUses: ["digital_signature", args.use === "server" ? "server_auth" : "client_auth"],
    },
    opts,
  );
  return { certificate: certificate.certPem, key: key.privateKeyPem };
}

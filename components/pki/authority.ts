import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

/** Ten years, in hours. Replacing an authority takes three `up`s (`npm run rotate -- <stack> ca`), so it never happens automatically. */
const AUTHORITY_HOURS = 10 * 365 * 24;

/** Arguments of {@link CertificateAuthority}. */
export interface CertificateAuthorityArgs {
  readonly commonName: string;
  /** Whether Pulumi refuses to delete its key, which can't be restored. @default false */
  readonly protect?: boolean;
}

/** The stack's own certificate authority. A client that trusts it trusts every endpoint of the cluster. */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** Its key. Secret; it stays in the state and is sent to no host. */
  public readonly key: tls.PrivateKey;

  /** Its certificate, PEM. While it is rotated, a second one follows, which is trusted, too (cli/operations/rotate/ca-state.ts). */
  public readonly certificate: pulumi.Output<string>;

  public constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:pki:CertificateAuthority", name, {}, opts);
    this.key = new tls.PrivateKey(
      `${name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this, protect: args.protect === true },
    );
    this.certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: this.key.privateKeyPem,
        subject: { commonName: args.commonName },
        isCaCertificate: true,
        validityPeriodHours: AUTHORITY_HOURS,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
      },
      { parent: this },
    ).certPem;
    this.registerOutputs({});
  }
}

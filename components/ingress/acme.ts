import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { platformOf, type AcmeConfig, type StackConfig } from "../../config";
import type { IssuedCertificate } from "../pki";
import { bastionStep } from "../ssh/remote-step";
import type { Swarm } from "../swarm";
import { appsDomain } from "./names";

/** Hours of a day. */
const DAY = 24;

/** Seconds until a missing certificate is an error: some DNS providers take ten minutes to publish a record. */
const LIMIT = 900;

/** Arguments of {@link AcmeCertificate}. */
export interface AcmeCertificateArgs {
  /** The stack's configuration. */
  readonly config: StackConfig;
  readonly acme: AcmeConfig;
  /** Its bastion runs the step. */
  readonly swarm: Swarm;
}

/**
 * The applications' certificate from an ACME authority: one for all workers, obtained by a step on the bastion.
 *
 * Both keys are the program's own, so they are in the state like all others, and on no host.
 */
export class AcmeCertificate extends pulumi.ComponentResource {
  /** The certificate with its intermediate certificates, and its key. */
  public readonly issued: IssuedCertificate;

  public constructor(name: string, args: AcmeCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:ingress:AcmeCertificate", name, {}, opts);
    const { config, acme, swarm } = args;
    const { bastion, lifetime } = swarm.context;
    const child = { parent: this };
    const key = (keyName: string): tls.PrivateKey =>
      new tls.PrivateKey(keyName, { algorithm: "ECDSA", ecdsaCurve: "P256" }, child);
    const account = key(`${name}-account-key`);
    const own = key(`${name}-key`);
    const domain = `*.${appsDomain(config.domain)}`;
    // Without a subject: it would have to be the name, and a common name may have 64 characters at most.
    const request = new tls.CertRequest(
      `${name}-request`,
      { privateKeyPem: own.privateKeyPem, dnsNames: [domain] },
      child,
    );
    // If the program read the clock, a preview would differ from its `up`. The tls provider reads it, and previews show
    // what is due. So this certificate only serves as a timer: when it is renewed, the real one is renewed.
    const term = new tls.SelfSignedCert(
      `${name}-term`,
      {
        privateKeyPem: own.privateKeyPem,
        subject: { commonName: `${name} term` },
        validityPeriodHours: acme.renewAfterDays * DAY,
        allowedUses: ["digital_signature"],
      },
      child,
    );
    const step = bastionStep(
      name,
      {
        connection: bastion.connection,
        script: "acme",
        input: {
          term: term.validityStartTime,
          domain,
          email: acme.email,
          provider: acme.provider,
          credentials: acme.credentials,
          directory: acme.directory,
          ...(acme.authority === undefined ? {} : { authority: acme.authority }),
          propagation: acme.propagation ?? platformOf(config).propagation[0],
          days: acme.renewAfterDays,
          account: account.privateKeyPem,
          request: request.certRequestPem,
          limit: LIMIT,
        },
      },
      { ...child, dependsOn: [swarm.bastion], deletedWith: lifetime },
    );
    this.issued = { certificate: step.stdout, key: own.privateKeyPem };
    this.registerOutputs({});
  }
}

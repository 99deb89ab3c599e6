import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "./authority";
import { issueCertificate, type IssuedCertificate } from "./certificate";

export type { IssuedCertificate } from "./certificate";

/** Two years, in hours. A host that is replaced in that time, as every host should be, never meets the end. */
const SERVER_HOURS = 2 * 365 * 24;
/** Ninety days, in hours: what a person carries around is short-lived. */
const PERSON_HOURS = 90 * 24;
/** Thirty days, in hours. */
const RENEWAL_HOURS = 30 * 24;

/** Arguments of {@link Pki}. */
export interface PkiArgs {
  /** The stack's name, which is in the authority's name: people trust several of them. */
  readonly stack: string;
  /** Managers, whose engines answer on 2376; by name and own address. */
  readonly managers: readonly { readonly name: string; readonly address: string }[];
  /** Names by which the managers are reached through their load balancer. */
  readonly dnsNames: readonly string[];
  /** Addresses by which the managers are reached through their load balancer. */
  readonly ipAddresses: readonly string[];
}

/** Every certificate of the stack. */
export class Pki extends pulumi.ComponentResource {
  /** The authority's certificate, PEM. */
  public readonly ca: pulumi.Output<string>;
  /** For each manager's engine, by host name. */
  public readonly servers: Readonly<Record<string, IssuedCertificate>>;
  /** What the operator's steps show to the managers. */
  public readonly operator: IssuedCertificate;
  /** What people show to the managers, through a docker context. */
  public readonly person: IssuedCertificate;

  public constructor(name: string, args: PkiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:pki:Pki", name, {}, opts);
    const authority = new CertificateAuthority(
      "ca",
      { commonName: `swarm-ha ${args.stack} certificate authority` },
      { parent: this },
    );
    this.ca = authority.certificate;
    this.servers = Object.fromEntries(
      args.managers.map((manager) => [
        manager.name,
        issueCertificate(`server-${manager.name}`, authority, {
          commonName: manager.name,
          use: "server",
          // Each manager can be the one behind the load balancer, so each has all of its names.
          dnsNames: [manager.name, ...args.dnsNames],
          ipAddresses: [manager.address, ...args.ipAddresses],
          hours: SERVER_HOURS,
          renewalHours: RENEWAL_HOURS,
        }),
      ]),
    );
    const client = (owner: string, hours: number): IssuedCertificate =>
      issueCertificate(`client-${owner}`, authority, {
        commonName: owner,
        use: "client",
        hours,
        renewalHours: RENEWAL_HOURS,
      });
    this.operator = client("operator", SERVER_HOURS);
    this.person = client("person", PERSON_HOURS);
    this.registerOutputs({});
  }
}

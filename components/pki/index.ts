import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config";
import { CertificateAuthority } from "./authority";
import { issueCertificate, type IssuedCertificate } from "./certificate";
import { READ_ONLY_API_NAME, readOnlyApiPki, type ReadOnlyApiPki } from "./read-only-api";

export type { IssuedCertificate } from "./certificate";
export { READ_ONLY_API_NAME, type ReadOnlyApiPki } from "./read-only-api";

/** Hours of a day. */
const DAY = 24;

/** Arguments of {@link Pki}. */
export interface PkiArgs {
  /** Whether the authority's key is protected from being deleted. @default false */
  readonly protect?: boolean;
  /** The stack's name. It is in the authority's name, because people trust the authorities of several stacks. */
  readonly stack: string;
  /** Validity and renewal, in days. */
  readonly validity: StackConfig["certificates"];
  /** Managers, whose API is on 2376; by name and own address. */
  readonly managers: readonly { readonly name: string; readonly address: string }[];
  /** Names by which the managers are reached through their load balancer. */
  readonly dnsNames: readonly string[];
  /** Addresses by which the managers are reached through their load balancer. */
  readonly ipAddresses: readonly string[];
  /** Names by which applications are reached. */
  readonly app: { readonly dnsNames: readonly string[] };
  /** Names and addresses by which the registry is reached. */
  readonly registry: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] };
}

/** Every certificate of the stack. */
export class Pki extends pulumi.ComponentResource {
  /** The certificates that are trusted, PEM: the authority's, and another one while it is rotated. */
  public readonly ca: pulumi.Output<string>;
  /** For each manager's API, by host name. */
  public readonly servers: Readonly<Record<string, IssuedCertificate>>;
  /** For every replica of the registry. */
  public readonly registry: IssuedCertificate;
  /** For all applications. */
  public readonly app: IssuedCertificate;
  /** Client certificate of the bastion's steps. */
  public readonly bastion: IssuedCertificate;
  /** Client certificate for people, used by the docker context. */
  public readonly person: IssuedCertificate;
  /** For clients of the managers' read-only API. */
  public readonly readOnlyApi: ReadOnlyApiPki;

  public constructor(name: string, args: PkiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:pki:Pki", name, {}, opts);
    const authority = new CertificateAuthority(
      "ca",
      { commonName: `swarm-ha ${args.stack} certificate authority`, protect: args.protect === true },
      { parent: this },
    );
    this.ca = authority.certificate;
    const { serverDays, personDays, renewalDays } = args.validity;
    const renewalHours = renewalDays * DAY;
    this.servers = Object.fromEntries(
      args.managers.map((manager) => [
        manager.name,
        issueCertificate(`server-${manager.name}`, authority, {
          commonName: manager.name,
          use: "server",
          // The load balancer may choose any manager, so each certificate has all of its names.
          dnsNames: [manager.name, READ_ONLY_API_NAME, ...args.dnsNames],
          ipAddresses: [manager.address, ...args.ipAddresses],
          hours: serverDays * DAY,
          renewalHours,
        }),
      ]),
    );
    this.registry = issueCertificate("registry", authority, {
      commonName: "registry",
      use: "server",
      dnsNames: args.registry.dnsNames,
      ipAddresses: args.registry.ipAddresses,
      hours: serverDays * DAY,
      renewalHours,
    });
    this.app = issueCertificate("app", authority, {
      commonName: "applications",
      use: "server",
      dnsNames: args.app.dnsNames,
      hours: serverDays * DAY,
      renewalHours,
    });
    const client = (owner: string, days: number): IssuedCertificate =>
      issueCertificate(`client-${owner}`, authority, {
        commonName: owner,
        use: "client",
        hours: days * DAY,
        renewalHours,
      });
    this.bastion = client("bastion", serverDays);
    this.person = client("person", personDays);
    this.readOnlyApi = readOnlyApiPki({ stack: args.stack, validity: { hours: serverDays * DAY, renewalHours } }, this);
    this.registerOutputs({});
  }
}

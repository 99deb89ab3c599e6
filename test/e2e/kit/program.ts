/** The program that the kit's tests run: its project's spec.json lists the resources. */
import { readFileSync } from "node:fs";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { Pki } from "../../../components/pki";
import { FileResource } from "./file-resource";

/** One `remote.Command`. */
export interface CommandSpec {
  readonly connection: Record<string, unknown>;
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
  /** Given as a secret. */
  readonly stdin?: string;
  /** Takes the output of the command of that name as standard input instead. */
  readonly stdinFrom?: string;
  readonly triggers?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly addPreviousOutputInEnv?: boolean;
  readonly logging?: "none";
}

/** What to make. */
export interface Spec {
  readonly commands?: Readonly<Record<string, CommandSpec>>;
  readonly keys?: Readonly<Record<string, tls.PrivateKeyArgs>>;
  /** A certificate of an authority, and one signed by it. */
  readonly certificate?: { readonly commonName: string; readonly hours: number; readonly renewal: number };
  /** Every certificate of a stack with one manager. @default none */
  readonly pki?: boolean;
  /** Files by path, as dynamic resources. */
  readonly files?: Readonly<Record<string, string>>;
  /** Resources of AWS by name: type without `aws:`, and inputs. */
  readonly aws?: Readonly<Record<string, readonly [type: string, inputs: Record<string, unknown>]>>;
  /** Also make something that the kit doesn't have. */
  readonly copy?: Record<string, unknown>;
}

const spec = JSON.parse(readFileSync("spec.json", "utf8")) as Spec;

const made = new Map<string, remote.Command>();
for (const [name, { stdin, stdinFrom, connection, ...rest }] of Object.entries(spec.commands ?? {})) {
  const input = stdinFrom === undefined ? undefined : made.get(stdinFrom)?.stdout;
  const text = stdin === undefined ? input : pulumi.secret(stdin);
  const args = {
    addPreviousOutputInEnv: false,
    ...rest,
    connection: connection as unknown as pulumi.Unwrap<remote.CommandArgs["connection"]>,
    ...(text === undefined ? {} : { stdin: text }),
  };
  made.set(name, new remote.Command(name, args as unknown as remote.CommandArgs));
}

const keys = Object.entries(spec.keys ?? {}).map(([name, args]) => [name, new tls.PrivateKey(name, args)] as const);

function certificates({ commonName, hours, renewal }: NonNullable<Spec["certificate"]>) {
  const authorityKey = new tls.PrivateKey("authority", { algorithm: "ECDSA", ecdsaCurve: "P256" });
  const authority = new tls.SelfSignedCert("authority", {
    privateKeyPem: authorityKey.privateKeyPem,
    subject: { commonName: "Test authority", organization: "Tests" },
    isCaCertificate: true,
    validityPeriodHours: 1000,
    allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
  });
  const key = new tls.PrivateKey("server", { algorithm: "ED25519" });
  const request = new tls.CertRequest("server", {
    privateKeyPem: key.privateKeyPem,
    subject: { commonName },
    dnsNames: [commonName, "*.swarm.localhost"],
    ipAddresses: ["10.0.0.1"],
  });
  const server = new tls.LocallySignedCert("server", {
    certRequestPem: request.certRequestPem,
    caCertPem: authority.certPem,
    caPrivateKeyPem: authorityKey.privateKeyPem,
    validityPeriodHours: hours,
    earlyRenewalHours: renewal,
    allowedUses: ["digital_signature", "server_auth"],
  });
  return { authority: authority.certPem, server: server.certPem, key: key.privateKeyPem, end: server.validityEndTime };
}

function stackCertificates() {
  const pki = new Pki("pki", {
    stack: "kit",
    protect: true,
    validity: { serverDays: 730, personDays: 90, renewalDays: 30 },
    managers: [{ name: "manager-1", address: "10.0.0.1" }],
    dnsNames: ["manager.test"],
    ipAddresses: [],
    app: { dnsNames: ["*.app.test"] },
    registry: { dnsNames: ["registry.test"], ipAddresses: [] },
  });
  return {
    ca: pki.ca,
    clientAuthority: pki.readOnlyApi.clientAuthority,
    leaves: [pki.registry, pki.app, pki.bastion, pki.person].map(({ certificate }) => certificate),
    ingress: pki.readOnlyApi.client.certificate,
  };
}

for (const [path, content] of Object.entries(spec.files ?? {})) new FileResource(path, content);
/** A resource of the provider that only some folders may import. */
class AwsResource extends pulumi.CustomResource {}
for (const [name, [type, inputs]] of Object.entries(spec.aws ?? {}))
  new AwsResource(`aws:${type}`, name, inputs, { version: "7.48.0" });
if (spec.copy !== undefined) {
  const connection = spec.copy as unknown as remote.CopyToRemoteArgs["connection"];
  new remote.CopyToRemote("copy", {
    connection,
    source: new pulumi.asset.StringAsset("text"),
    remotePath: "/tmp/copy",
  });
}

/** Outputs of the commands by name. */
export const stdout = Object.fromEntries([...made].map(([name, command]) => [name, command.stdout]));
/** All forms of the keys by name. */
export const pairs = Object.fromEntries(
  keys.map(([name, key]) => [
    name,
    {
      pem: key.privateKeyPem,
      pkcs8: key.privateKeyPemPkcs8,
      openssh: key.privateKeyOpenssh,
      publicPem: key.publicKeyPem,
      publicOpenssh: key.publicKeyOpenssh,
      sha256: key.publicKeyFingerprintSha256,
      md5: key.publicKeyFingerprintMd5,
    },
  ]),
);
/** The certificates. */
export const chain = spec.certificate === undefined ? {} : certificates(spec.certificate);
/** The stack's certificates. */
export const pki = spec.pki === true ? stackCertificates() : undefined;

/** Certificates that the stack's own authority has signed and that are wrong all the same: ended, or of another name. */
import "reflect-metadata";
import { createPrivateKey, webcrypto as crypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { TestStack } from "./test-stack";

x509.cryptoProvider.set(crypto as never);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;

/** A certificate and its key, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** What to sign. */
export interface Request {
  /** Common name. */
  readonly name: string;
  readonly use: "server" | "client";
  /** DNS names and addresses that it is valid for. @default none */
  readonly names?: readonly x509.JsonGeneralName[];
  /** From when until when, in days from now. @default [-1, 1] */
  readonly days?: readonly [number, number];
}

/** Signs like the stack's authority. */
export type Sign = (request: Request) => Promise<Pair>;

/** The authority of a stack, its key taken from the stack's state. */
export async function authorityOf(stack: TestStack): Promise<Sign> {
  const { stdout } = await stack.pulumi("stack", "export", "--show-secrets");
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: ExportedResource[] } };
  const output = (name: string, property: string): string => {
    const value = deployment.resources.find(({ urn }) => urn.endsWith(`::${name}`))?.outputs?.[property];
    if (typeof value === "string") return value;
    return JSON.parse((value as { plaintext: string }).plaintext) as string;
  };
  const der = createPrivateKey(output("ca-key", "privateKeyPem")).export({ type: "pkcs8", format: "der" });
  const signingKey = await crypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
  return signer(signingKey, new x509.X509Certificate(output("ca-certificate", "certPem")).subject);
}

/** An authority that nobody knows. */
export async function stranger(): Promise<Sign & { readonly pem: string }> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=stranger",
    keys,
    serialNumber: "01",
    signingAlgorithm: ALGORITHM,
    ...validity([-1, 1]),
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return Object.assign(signer(keys.privateKey, "CN=stranger"), { pem: certificate.toString("pem") });
}

function signer(signingKey: crypto.CryptoKey, issuer: string): Sign {
  return async ({ name, use, names = [], days = [-1, 1] }) => {
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      ...validity(days),
      extensions: [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[use === "server" ? "serverAuth" : "clientAuth"]]),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...names])]),
      ],
    });
    const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
    const pem = createPrivateKey({ key, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" });
    return { cert: `${certificate.toString("pem")}\n`, key: pem.toString() };
  };
}

function validity([from, until]: readonly [number, number]): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() + from * DAY), notAfter: new Date(Date.now() + until * DAY) };
}

interface ExportedResource {
  readonly urn: string;
  readonly type: string;
  readonly outputs?: Record<string, unknown>;
}

/** A stack's state in which all certificates but the authority's end in so many days; text for `stack import`. */
export async function agedState(stack: TestStack, days: number): Promise<string> {
  const { stdout } = await stack.pulumi("stack", "export");
  const state = JSON.parse(stdout) as { deployment: { resources: ExportedResource[] } };
  for (const { type, outputs } of state.deployment.resources) {
    if (!type.endsWith(":LocallySignedCert") || outputs === undefined) continue;
    outputs["validityEndTime"] = new Date(Date.now() + days * DAY).toISOString();
  }
  return JSON.stringify(state);
}

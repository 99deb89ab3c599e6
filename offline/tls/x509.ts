/** Certificates and requests, made the way that terraform-provider-tls and Go's crypto/x509 make them. */
import "reflect-metadata";
import { createHash, createPublicKey, type KeyObject, randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { distinguishedName, EXTENDED_USAGES, type GeneralName, KEY_USAGES, type Subject } from "./names";

x509.cryptoProvider.set(webcrypto as never);

/** What a certificate says, whoever signs it. */
export interface Content {
  readonly subject: x509.JsonNameParams | x509.Name;
  readonly names: x509.JsonGeneralNames;
  readonly publicKey: KeyObject;
  readonly hours: number;
  readonly uses: readonly string[];
  readonly isAuthority: boolean;
  /** Intermediate certificates below it; 0 and less say nothing, as upstream has it. */
  readonly maxPathLength: number;
  readonly setSubjectKeyId: boolean;
}

/** Who signs. */
export interface Signer {
  readonly key: KeyObject;
  /** The authority's certificate; without one the certificate signs itself. */
  readonly certificate?: x509.X509Certificate;
  /** Whether the authority's key id is put in, also where subject and issuer are the same. */
  readonly setAuthorityKeyId?: boolean;
}

/** A finished certificate. */
export interface Issued {
  /** The serial number, in decimal. */
  readonly id: string;
  readonly pem: string;
  readonly start: Date;
  readonly end: Date;
}

/** Makes and signs a certificate, valid from `start` on. @default now */
export async function issue(content: Content, signer: Signer, start = new Date()): Promise<Issued> {
  const end = new Date(start.getTime() + content.hours * 3_600_000);
  const serial = randomBytes(16);
  serial.writeUInt8(serial.readUInt8(0) & 0x7f, 0); // Positive, without a byte more.
  const issuer = signer.certificate?.subjectName;
  const subject = content.subject instanceof x509.Name ? content.subject : new x509.Name(content.subject);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    notBefore: wholeSeconds(start),
    notAfter: wholeSeconds(end),
    subject,
    issuer: issuer ?? subject,
    publicKey: new x509.PublicKey(content.publicKey.export({ type: "spki", format: "der" })),
    ...(await signing(signer.key)),
    extensions: extensions(content, signer, subject),
  });
  return { id: BigInt(`0x${serial.toString("hex")}`).toString(), pem: pem(certificate), start, end };
}

function extensions(content: Content, signer: Signer, subject: x509.Name): x509.Extension[] {
  const list: x509.Extension[] = [];
  const usages = content.uses.reduce((bits, use) => bits | (KEY_USAGES[use] ?? 0), 0);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- several flags in one number
  if (usages !== 0) list.push(new x509.KeyUsagesExtension(usages, true));
  const extended = content.uses.flatMap((use) => EXTENDED_USAGES[use] ?? []);
  if (extended.length > 0) list.push(new x509.ExtendedKeyUsageExtension(extended));
  const path = content.isAuthority && content.maxPathLength > 0 ? content.maxPathLength : undefined;
  list.push(new x509.BasicConstraintsExtension(content.isAuthority, path, true));
  const ownId = content.isAuthority || content.setSubjectKeyId ? keyId(content.publicKey) : undefined;
  if (ownId !== undefined) list.push(new x509.SubjectKeyIdentifierExtension(ownId));
  const authorityId = authorityKeyId(signer, subject, ownId);
  if (authorityId !== undefined) list.push(new x509.AuthorityKeyIdentifierExtension(authorityId));
  const empty = subject.toJSON().length === 0;
  if (content.names.length > 0) list.push(new x509.SubjectAlternativeNameExtension(content.names, empty));
  return list;
}

/** As crypto/x509: put in of its own accord where issuer and subject differ, and the issuer has an id. */
function authorityKeyId(signer: Signer, subject: x509.Name, ownId: string | undefined): string | undefined {
  const { certificate, setAuthorityKeyId } = signer;
  const parentId =
    certificate === undefined ? ownId : certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  if (setAuthorityKeyId === true && parentId === undefined)
    throw new Error("Invalid Certificate Authority: Could not determine Authority Key Identifier");
  const differs = certificate !== undefined && certificate.subject !== subject.toString();
  return setAuthorityKeyId === true || differs ? parentId : undefined;
}

/** The SHA-1 of what upstream hashes of a public key: an RSA key's sequence, a point, ED25519 as an octet string. */
function keyId(key: KeyObject): string {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const number = (text: string): Buffer => Buffer.from(text, "base64url");
  const bytes =
    key.asymmetricKeyType === "rsa"
      ? key.export({ type: "pkcs1", format: "der" })
      : key.asymmetricKeyType === "ed25519"
        ? Buffer.concat([Buffer.from([4, 32]), number(x)])
        : Buffer.concat([Buffer.from([4]), number(x), number(y)]);
  return createHash("sha1").update(bytes).digest("hex");
}

/** Makes a certificate request. */
export async function request(subject: Subject, names: readonly GeneralName[], key: KeyObject): Promise<Request> {
  const { signingKey, signingAlgorithm } = await signing(key);
  const publicKey = await webcrypto.subtle.importKey(
    "spki",
    createPublicKey(key).export({ type: "spki", format: "der" }),
    signingKey.algorithm,
    true,
    ["verify"],
  );
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name(distinguishedName(subject)),
    keys: { privateKey: signingKey, publicKey },
    signingAlgorithm,
    extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : [],
  });
  return { id: createHash("sha1").update(Buffer.from(made.rawData)).digest("hex"), pem: pem(made) };
}

/** A finished certificate request. */
export interface Request {
  readonly id: string;
  readonly pem: string;
}

/** Reads a certificate request. @throws Error if it isn't one */
export function parseRequest(text: string): Pick<Content, "subject" | "names" | "publicKey"> {
  let parsed: x509.Pkcs10CertificateRequest;
  try {
    parsed = new x509.Pkcs10CertificateRequest(text);
  } catch {
    throw new Error("certRequestPem is not a certificate request in PEM format");
  }
  const extension = parsed.getExtension("2.5.29.17");
  const names = extension === null ? [] : new x509.SubjectAlternativeNameExtension(extension.rawData).names.toJSON();
  return {
    subject: parsed.subjectName,
    names: names.filter(({ type }) => type === "dns" || type === "ip" || type === "url"),
    publicKey: createPublicKey({ key: Buffer.from(parsed.publicKey.rawData), type: "spki", format: "der" }),
  };
}

/** Reads a certificate. @throws Error if it isn't one */
export function parseCertificate(text: string): { certificate: x509.X509Certificate; isAuthority: boolean } {
  try {
    const certificate = new x509.X509Certificate(text);
    return { certificate, isAuthority: certificate.getExtension(x509.BasicConstraintsExtension)?.ca === true };
  } catch {
    throw new Error("caCertPem is not a certificate in PEM format");
  }
}

/** The key for WebCrypto, and the signature algorithm that Go would take for it. */
async function signing(
  key: KeyObject,
): Promise<{ signingKey: webcrypto.CryptoKey; signingAlgorithm: SigningAlgorithm }> {
  const [algorithm, signingAlgorithm] = algorithms(key);
  const der = key.export({ type: "pkcs8", format: "der" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  return { signingKey, signingAlgorithm };
}

type ImportAlgorithm = webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams | webcrypto.Algorithm;
type SigningAlgorithm = webcrypto.Algorithm | webcrypto.EcdsaParams;

function algorithms(key: KeyObject): [ImportAlgorithm, SigningAlgorithm] {
  if (key.asymmetricKeyType === "ed25519") return [{ name: "Ed25519" }, { name: "Ed25519" }];
  if (key.asymmetricKeyType === "rsa") {
    const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return [rsa, rsa];
  }
  const curves: Readonly<Record<string, [string, string]>> = {
    prime256v1: ["P-256", "SHA-256"],
    secp384r1: ["P-384", "SHA-384"],
    secp521r1: ["P-521", "SHA-512"],
  };
  const known = curves[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (known === undefined) throw new Error("the offline kit signs with P256, P384, P521, RSA and ED25519 keys only");
  return [
    { name: "ECDSA", namedCurve: known[0] },
    { name: "ECDSA", hash: known[1] },
  ];
}

const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);
const pem = (data: x509.X509Certificate | x509.Pkcs10CertificateRequest): string => `${data.toString("pem").trim()}\n`;

/** The authority that instances trust instead of the public ones. */
import "reflect-metadata";
import { createPrivateKey, webcrypto as crypto } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(crypto as never);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;

/** An authority with a key of its own. */
export interface Authority {
  /** Its certificate, PEM. */
  readonly pem: string;
  /** Certificate and key for a name, made once. */
  contextFor(name: string): Promise<SecureContext>;
}

/** A new authority. Its key is nowhere but in this process. */
export async function createAuthority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Rehearsal authority",
    keys,
    serialNumber: "01",
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 2 * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const contexts = new Map<string, Promise<SecureContext>>();
  const sign = async (name: string): Promise<SecureContext> => {
    const own = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const signed = await x509.X509CertificateGenerator.create({
      subject: `CN=${name.slice(0, 64)}`,
      issuer: certificate.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + DAY),
      extensions: [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", own.privateKey));
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" });
    return createSecureContext({ cert: signed.toString("pem"), key });
  };
  return {
    pem: `${certificate.toString("pem")}\n`,
    contextFor(name) {
      const made = contexts.get(name) ?? sign(name);
      contexts.set(name, made);
      return made;
    },
  };
}

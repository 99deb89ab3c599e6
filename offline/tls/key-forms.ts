/** All forms of a private key that the state has of one, as the provider's resource puts them out. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { fingerprints, openSshPrivateKey, openSshPublicKey, openSshSupports } from "../lib/openssh";

/** Outputs that are secret. */
export const SECRETS = ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"] as const;
/** The other ones. */
export const PUBLIC = [
  "publicKeyPem",
  "publicKeyOpenssh",
  "publicKeyFingerprintMd5",
  "publicKeyFingerprintSha256",
] as const;

/** A key's outputs, and its id. */
export type KeyForms = Readonly<Record<"id" | (typeof SECRETS)[number] | (typeof PUBLIC)[number], string>>;

/** All forms of a key that the resource puts out; those that OpenSSH has none for are empty, as upstream's. */
export function describe(key: KeyObject): KeyForms {
  const pem = (type: "pkcs1" | "sec1" | "pkcs8"): string => key.export({ type: type, format: "pem" }).toString();
  const own = { rsa: "pkcs1", ec: "sec1", ed25519: "pkcs8" } as const;
  const publicKey = createPublicKey(key);
  const ssh = openSshSupports(key);
  const prints = ssh ? fingerprints(key) : { md5: "", sha256: "" };
  return {
    id: createHash("sha1")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("hex"),
    privateKeyPem: pem(own[key.asymmetricKeyType as keyof typeof own]),
    privateKeyPemPkcs8: pem("pkcs8"),
    privateKeyOpenssh: ssh ? openSshPrivateKey(key) : "",
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    publicKeyOpenssh: ssh ? openSshPublicKey(key) : "",
    publicKeyFingerprintMd5: prints.md5,
    publicKeyFingerprintSha256: prints.sha256,
  };
}

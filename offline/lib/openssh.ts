/**
 * OpenSSH's own key formats (PROTOCOL.key of OpenSSH, RFC 4253 section 6.6, RFC 5656, RFC 8709).
 *
 * Keys come as node's KeyObjects; their numbers are read from the JSON Web Key form, so nothing here parses ASN.1.
 */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject, randomBytes } from "node:crypto";

const CURVES: Readonly<Record<string, string>> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};

/** Whether OpenSSH supports this kind of key; it doesn't support P-224. */
export function openSshSupports(key: KeyObject): boolean {
  return key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "secp224r1";
}

function field(jwk: JsonWebKey, name: keyof JsonWebKey): Buffer {
  const value = jwk[name];
  if (typeof value !== "string") throw new Error(`the key has no ${name}`);
  return Buffer.from(value, "base64url");
}

function string(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A positive number: no leading zeros, but one where the first bit would look like a sign. */
function mpint(value: Buffer): Buffer {
  let start = 0;
  while (start < value.length && value[start] === 0) start++;
  const bytes = value.subarray(start);
  return string((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

interface Parts {
  readonly type: string;
  /** The public key's blob. */
  readonly blob: Buffer;
  /** The fields after the type in the private section. Empty without a private key. */
  readonly secret: Buffer;
}

function parts(key: KeyObject): Parts {
  const isPrivate = key.type === "private";
  const jwk = key.export({ format: "jwk" });
  const get = (name: keyof JsonWebKey): Buffer => field(jwk, name);
  if (jwk.kty === "OKP" && jwk.crv === "Ed25519") {
    const type = "ssh-ed25519";
    const secret = isPrivate ? [string(get("x")), string(Buffer.concat([get("d"), get("x")]))] : [];
    return { type, blob: Buffer.concat([string(type), string(get("x"))]), secret: Buffer.concat(secret) };
  }
  if (jwk.kty === "RSA") {
    const type = "ssh-rsa";
    const names = ["n", "e", "d", "qi", "p", "q"] as const;
    const secret = isPrivate ? names.map((name) => mpint(get(name))) : [];
    return {
      type,
      blob: Buffer.concat([string(type), mpint(get("e")), mpint(get("n"))]),
      secret: Buffer.concat(secret),
    };
  }
  const curve = CURVES[jwk.crv ?? ""];
  if (jwk.kty !== "EC" || curve === undefined)
    throw new Error(`OpenSSH has no keys of type ${jwk.kty ?? "unknown"} ${jwk.crv ?? ""}`);
  const type = `ecdsa-sha2-${curve}`;
  const fields = [string(curve), string(Buffer.concat([Buffer.of(4), get("x"), get("y")]))];
  return {
    type,
    blob: Buffer.concat([string(type), ...fields]),
    secret: isPrivate ? Buffer.concat([...fields, mpint(get("d"))]) : Buffer.alloc(0),
  };
}

/** A public key in authorized_keys format, without a comment, with a newline at its end. */
export function openSshPublicKey(key: KeyObject): string {
  const { type, blob } = parts(key.type === "private" ? createPublicKey(key) : key);
  return `${type} ${blob.toString("base64")}\n`;
}

/** Fingerprints of a public key as `ssh-keygen -l` shows them. */
export function fingerprints(key: KeyObject): { readonly md5: string; readonly sha256: string } {
  const { blob } = parts(key.type === "private" ? createPublicKey(key) : key);
  const md5 = createHash("md5")
    .update(blob)
    .digest("hex")
    .replace(/..(?=.)/g, "$&:");
  return { md5, sha256: `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}` };
}

/** A private key in OpenSSH's format, not encrypted, without a comment. */
export function openSshPrivateKey(key: KeyObject): string {
  const { type, blob, secret } = parts(key);
  const check = randomBytes(4); // Twice the same: that is how a reader sees that it has decrypted well.
  const section = Buffer.concat([check, check, string(type), secret, string("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, n) => n + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const all = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    string("none"),
    string("none"),
    string(""),
    one,
    string(blob),
    string(Buffer.concat([section, padding])),
  ]);
  const lines = all.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}

/** `tls:index/privateKey:PrivateKey`. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { fingerprints, openSshPrivateKey, openSshPublicKey, openSshSupports } from "../lib/openssh";
import type { ResourceType } from "../lib/resource";
import { type Properties, reveal, secret, UNKNOWN } from "../lib/values";
import { check, diff, type Schema } from "./schema";

/** Curves by the names that the provider has for them. */
export const CURVES = { P224: "secp224r1", P256: "prime256v1", P384: "secp384r1", P521: "secp521r1" } as const;

const schema: Schema = {
  algorithm: { type: "string", required: true, oneOf: ["RSA", "ECDSA", "ED25519"] },
  ecdsaCurve: { type: "string", oneOf: Object.keys(CURVES) },
  rsaBits: { type: "integer", atLeast: 1024 },
};

const SECRETS = ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"] as const;
const PUBLIC = ["publicKeyPem", "publicKeyOpenssh", "publicKeyFingerprintMd5", "publicKeyFingerprintSha256"] as const;

/** The resource type. */
export const privateKey: ResourceType = {
  check: (news) => check(schema, news),
  diff: (olds, news) => diff(schema, olds.inputs, news),
  async create(call, inputs) {
    const base: Properties = { ecdsaCurve: "P224", rsaBits: 2048, ...inputs };
    if (call.preview) {
      const unknown: Properties = { id: UNKNOWN };
      for (const name of SECRETS) unknown[name] = secret(UNKNOWN);
      for (const name of PUBLIC) unknown[name] = UNKNOWN;
      return { id: "", state: { ...base, ...unknown } };
    }
    const key = await generate(
      reveal(base["algorithm"] ?? null) as string,
      reveal(base["ecdsaCurve"] ?? null) as keyof typeof CURVES,
      reveal(base["rsaBits"] ?? null) as number,
    );
    const { id, ...values } = describe(key);
    const state: Properties = { ...base, id, ...values, __meta: '{"schema_version":"1"}' };
    for (const name of SECRETS) state[name] = secret(values[name]);
    return { id, state };
  },
  update: (_call, state) => Promise.resolve(state),
};

async function generate(algorithm: string, curve: keyof typeof CURVES, bits: number): Promise<KeyObject> {
  if (algorithm === "ED25519") return (await promisify(generateKeyPair)("ed25519")).privateKey;
  if (algorithm === "RSA") return (await promisify(generateKeyPair)("rsa", { modulusLength: bits })).privateKey;
  return (await promisify(generateKeyPair)("ec", { namedCurve: CURVES[curve] })).privateKey;
}

/** All forms of a key that the resource puts out; those that OpenSSH has none for are empty, as upstream's. */
export function describe(key: KeyObject): Record<"id" | (typeof SECRETS)[number] | (typeof PUBLIC)[number], string> {
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

/**
 * A private key out of PEM, and the provider's name for its algorithm.
 *
 * @throws Error that says what is wrong, without showing the key.
 */
export function parsePrivateKey(pem: string, what: string): { key: KeyObject; algorithm: string } {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error(`${what} is not a private key in PEM format`);
  }
  const names: Readonly<Record<string, string>> = { rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" };
  const algorithm = names[key.asymmetricKeyType ?? ""];
  if (algorithm === undefined) throw new Error(`${what}: unsupported private key type ${key.asymmetricKeyType ?? ""}`);
  return { key, algorithm };
}

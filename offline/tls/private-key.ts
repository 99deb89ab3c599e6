/** `tls:index/privateKey:PrivateKey`. */
import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { ResourceType } from "../lib/resource";
import { type Properties, reveal, secret, UNKNOWN } from "../lib/values";
import { describe, PUBLIC, SECRETS } from "./key-forms";
import { check, diff, type Schema } from "./schema";

/** Curves by the names that the provider has for them. */
export const CURVES = { P224: "secp224r1", P256: "prime256v1", P384: "secp384r1", P521: "secp521r1" } as const;

const schema: Schema = {
  algorithm: { type: "string", required: true, oneOf: ["RSA", "ECDSA", "ED25519"] },
  ecdsaCurve: { type: "string", oneOf: Object.keys(CURVES) },
  rsaBits: { type: "integer", atLeast: 1024 },
};

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

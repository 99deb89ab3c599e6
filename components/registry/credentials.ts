import { hkdfSync } from "node:crypto";
import { encodeBase64, hashSync } from "bcryptjs";

/** The user that may pull and push. (htpasswd has no other rights.) */
const USERNAME = "swarm-ha";

/**
 * Rounds of bcrypt, as a power of two: the default of Apache's htpasswd. Every request costs them. More would make
 * guessable passwords harder to guess, and this one has 192 random bits.
 */
const ROUNDS = 5;

/** The registry's secrets. */
export interface RegistrySecrets {
  readonly username: string;
  readonly password: string;
  /** Content of the htpasswd file: user and bcrypt hash. */
  readonly htpasswd: string;
  /** Shared by all replicas. */
  readonly httpSecret: string;
}

/**
 * Derives all secrets from one key of the stack: the same in every run, and all new with a new key.
 *
 * @param key A secret text, such as a private key's PEM.
 */
export function registrySecrets(key: string): RegistrySecrets {
  const derive = (purpose: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync("sha256", key, "swarm-ha registry", purpose, bytes));
  const password = derive("password", 24).toString("base64url");
  const salt = `$2b$${String(ROUNDS).padStart(2, "0")}$${encodeBase64([...derive("bcrypt salt", 16)], 16)}`;
  return {
    username: USERNAME,
    password,
    htpasswd: `${USERNAME}:${hashSync(password, salt)}\n`,
    httpSecret: derive("http.secret", 32).toString("base64url"),
  };
}

import { hkdfSync } from "node:crypto";
import { encodeBase64, hashSync } from "bcryptjs";

/** Who may pull and push; htpasswd knows no other rights. */
const USERNAME = "swarm-ha";

/**
 * Rounds of bcrypt, as a power of two; the same as Apache's htpasswd takes. Each request costs them. More would make
 * guessable passwords harder to guess, and this one has 192 random bits.
 */
const ROUNDS = 5;

/** What the registry's secrets are, and what its replicas are told of them. */
export interface RegistrySecrets {
  readonly username: string;
  readonly password: string;
  /** Content of the htpasswd file: user and bcrypt hash. */
  readonly htpasswd: string;
  /** Shared by all replicas. */
  readonly httpSecret: string;
}

/**
 * Derives everything from one key of the stack: the same on every run, and new all at once when the key is.
 *
 * @param key Any text that nobody can guess, such as a private key's PEM.
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

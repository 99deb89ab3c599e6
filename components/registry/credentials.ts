import { hkdfSync } from "node:crypto";
import { encodeBase64, hashSync } from "bcryptjs";

/** The users that may pull and push. (htpasswd has no other rights.) One is in use, the other one is the next. */
export const USERNAMES = ["swarm-ha", "swarm-ha-2"] as const;

/**
 * Rounds of bcrypt, as a power of two: the default of Apache's htpasswd. Every request costs them. More would make
 * guessable passwords harder to guess, and this one has 192 random bits.
 */
const ROUNDS = 5;

/** What a client logs in with. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** A login, and how the registry checks it. */
export interface DerivedLogin extends RegistryLogin {
  /** Line of the htpasswd file: user and bcrypt hash. */
  readonly htpasswd: string;
}

/**
 * Derives a login from a key of the stack: the same in every run, and a new one with a new key.
 *
 * @param key A secret text, such as a private key's PEM. Undefined where an `up --target` of a new stack leaves the key out: then
 *   nothing that needs the login is created either.
 */
export function registryLogin(username: string, key: string | undefined): DerivedLogin {
  if (key === undefined) return { username, password: "", htpasswd: "" };
  const password = derive(key, "password", 24).toString("base64url");
  const salt = `$2b$${String(ROUNDS).padStart(2, "0")}$${encodeBase64([...derive(key, "bcrypt salt", 16)], 16)}`;
  return { username, password, htpasswd: `${username}:${hashSync(password, salt)}\n` };
}

/** Derives from a key of the stack what all replicas share, to continue each other's uploads. See {@link registryLogin}. */
export function httpSecret(key: string | undefined): string {
  return key === undefined ? "" : derive(key, "http.secret", 32).toString("base64url");
}

function derive(key: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "swarm-ha registry", purpose, bytes));
}

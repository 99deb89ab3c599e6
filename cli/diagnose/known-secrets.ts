/** The stack's own secrets, to be removed by value from texts that leave the cluster. Pure. */
import { unwrap, type Deployment } from "../cluster/deployment";
import { isSecretName, REDACTED, secretsOf } from "./redact";

/** Shorter values stand in other texts, too. */
const SHORTEST = 12;
/** Lines of a private key shorter than this, likewise. */
const SHORTEST_LINE = 24;
/** Longest value that is also looked for in base64: passwords and tokens, not keys. */
const LONGEST_ENCODED = 200;

/**
 * All secrets that a stack's state holds, in plain text, longest first: private keys line by line, tokens, passwords, and
 * what steps were given under a secret's name; short ones also in base64.
 *
 * @param deployment the state with its secrets shown
 */
export function knownSecrets(deployment: Deployment): string[] {
  const resources = deployment.deployment?.resources ?? [];
  const found = new Set<string>();
  const add = (value: string): void => {
    for (const part of parts(value)) found.add(part);
  };
  const visit = (value: unknown, secret: boolean): void => {
    if (typeof value === "string") {
      if (secret) add(value);
      for (const one of secretsOf(value)) add(one);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, secret || isSecretName(key));
      const { username, password } = value as { username?: unknown; password?: unknown };
      if (typeof username === "string" && typeof password === "string") found.add(encoded(`${username}:${password}`));
    }
  };
  for (const { inputs, outputs } of resources) {
    visit(unwrap(inputs ?? {}), false);
    visit(unwrap(outputs ?? {}), false);
  }
  // Names of resources are public, and a public key is a part of its private one.
  const urns = resources.map(({ urn }) => urn).join("\n");
  const publicKeys = publicTexts(resources.map(({ outputs }) => unwrap(outputs ?? {}))).join("\n");
  return [...found]
    .filter((secret) => !urns.includes(secret) && !publicKeys.includes(secret))
    .sort((a, b) => b.length - a.length || a.localeCompare(b));
}

function parts(value: string): string[] {
  const text = value.trim();
  if (text.includes("PRIVATE KEY-----")) {
    return text.split(/(?:\\+n|\s)+/).filter((line) => line.length >= SHORTEST_LINE && !line.includes("-----"));
  }
  // A path or a URL is where a secret is, not the secret.
  if (
    text.length < SHORTEST ||
    text.includes("\n") ||
    /^(?:\/|[a-z]+:\/\/[^@]*$)|^\$\{/.test(text) ||
    text === REDACTED
  )
    return [];
  return text.length > LONGEST_ENCODED ? [text] : [text, encoded(text)];
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Values of properties that are public by name: certificates and public keys. */
function publicTexts(value: unknown, isPublic = false): string[] {
  if (typeof value === "string") return isPublic ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => publicTexts(inner, isPublic || /^public|^cert/i.test(key)));
}

/** The stack's own secrets, to be removed by value from texts that leave the cluster. Pure. */
import { dataIn } from "../../components/ssh/script";
import { secretIn, unwrap, type Deployment } from "../cluster/deployment";
import { isSecretName, redact, REDACTED, secretsOf } from "./redact";

/** Shorter values stand in other texts, too. */
const SHORTEST = 12;
/** Lines of a private key shorter than this, likewise. */
const SHORTEST_LINE = 24;
/** Longest value that is also looked for in base64: passwords and tokens, not keys. */
const LONGEST_ENCODED = 200;

/** Words, numbers and addresses: what stands beside a secret in an object that is marked as a whole. */
const PLAIN_WORDS = /^[a-z0-9]{1,11}(?:[-._:/ ][a-z0-9]{1,11})*$/;

/** Why a value is secret: by its name, because Pulumi has marked it, or because it is in an object that Pulumi has marked. */
type Reason = "named" | "marked" | "within";

/**
 * All secrets that a stack's state holds, in plain text, longest first: private keys line by line, tokens, passwords, what
 * Pulumi has marked, and what steps were given under a secret's name; short ones also in base64.
 *
 * @param deployment the state with its secrets shown
 */
export function knownSecrets(deployment: Deployment): string[] {
  const resources = deployment.deployment?.resources ?? [];
  const found = new Set<string>();
  const marked = new Set<string>();
  const open: string[] = [];
  const add = (value: string, to = found): void => {
    for (const part of parts(value)) to.add(part);
  };
  const visit = (value: unknown, reason?: Reason): void => {
    if (typeof value === "string") {
      const data = dataIn(value);
      const given = data.map(([, text]) => text);
      if (reason === undefined) open.push(redact(value));
      else if (reason === "named") add(value);
      // A step's input is marked as a whole.
      else if (data.length === 0 && (reason === "marked" || !PLAIN_WORDS.test(value))) add(value, marked);
      for (const [path, text] of data) if (isSecretName(path)) add(text, marked);
      for (const one of secretsOf(value)) if (!given.includes(one)) add(one);
      for (const one of given.flatMap(secretsOf)) add(one);
    } else if (typeof value === "object" && value !== null) {
      const secret = secretIn(value);
      if (secret !== undefined) {
        visit(secret.value, reason ?? (typeof secret.value === "string" ? "marked" : "within"));
        return;
      }
      for (const [key, inner] of Object.entries(value)) visit(inner, isSecretName(key) ? "named" : reason);
      const { username, password } = unwrap(value) as { username?: unknown; password?: unknown };
      if (typeof username === "string" && typeof password === "string") found.add(encoded(`${username}:${password}`));
    }
  };
  for (const { inputs, outputs } of resources) {
    visit(inputs ?? {});
    visit(outputs ?? {});
  }
  // What also stands where nothing is secret is none: addresses, names, a region among credentials.
  const inTheOpen = open.join("\n");
  for (const one of marked) if (!inTheOpen.includes(one)) found.add(one);
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
    /^(?:\/|(?:[a-z0-9]+:)?[a-z]+:\/\/[^@]*$)|^\$\{/.test(text) ||
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

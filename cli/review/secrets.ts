/** Values that are never a secret. */
const HARMLESS = /^(?:\[secret\]|\[unknown\]|true|false|null|.{0,7})$/s;
/** Names of properties and outputs whose values are secret. */
const SECRET_NAME = /private_?key|password|passphrase|secret|token|credential|stdin|accessKey/i;

/**
 * All secret texts in a preview's JSON that the Pulumi engine hasn't masked: values of properties named like a secret, of
 * outputs declared as secret, and private keys anywhere. Text in a URN is no secret, like the user name `registry` of
 * credentials: names of resources are public.
 */
export function secretsIn(preview: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  collect(preview, false, found);
  const urns = urnsIn(preview).join("\n");
  return new Set([...found].filter((text) => !urns.includes(text)));
}

/** URNs of the resources. */
function urnsIn(preview: unknown): string[] {
  const steps = isRecord(preview) && Array.isArray(preview["steps"]) ? (preview["steps"] as unknown[]) : [];
  return steps.flatMap((step) => (isRecord(step) && typeof step["urn"] === "string" ? [step["urn"]] : []));
}

function collect(value: unknown, secret: boolean, found: Set<string>): void {
  if (typeof value === "string") {
    if ((secret || value.includes("PRIVATE KEY-----")) && !HARMLESS.test(value)) found.add(value);
  } else if (Array.isArray(value)) {
    for (const inner of value) collect(inner, secret, found);
  } else if (typeof value === "object" && value !== null) {
    const declared = (value as { additionalSecretOutputs?: unknown }).additionalSecretOutputs;
    const names = Array.isArray(declared) ? declared : [];
    for (const [key, inner] of Object.entries(value)) {
      if (key === "outputs" && isRecord(inner)) {
        for (const [name, output] of Object.entries(inner)) collect(output, names.includes(name), found);
      }
      if (!PUBLIC.has(key)) collect(inner, secret || SECRET_NAME.test(key), found);
    }
  }
}

/** Parts of a step that name things and hold no values. */
const PUBLIC: ReadonlySet<string> = new Set([
  "additionalSecretOutputs",
  "propertyDependencies",
  "dependencies",
  "detailedDiff",
  "diffReasons",
  "replaceReasons",
  "stackTrace",
  "urn",
  "type",
]);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a text that is about to be published holds one of them. */
export function leaks(text: string, secrets: ReadonlySet<string>): boolean {
  return [...secrets].some((secret) => text.includes(secret) || text.includes(secret.trim()));
}

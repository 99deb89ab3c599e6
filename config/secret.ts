import type { KeyDescription } from "./description";
import { valueText } from "./problem";

/** What errors show in place of a secret. */
export const SECRET = "a secret value";

/** Of keys in a structure with secrets that the schema doesn't have: a mistyped one may hold a secret. */
const UNKNOWN: KeyDescription = { secret: true };

/** Whether a key, or a key in it, is a secret by the schema. */
export function holdsSecrets(key: KeyDescription): boolean {
  if (key.secret === true) return true;
  const { properties = {}, additionalProperties: free, items } = key;
  const inside = [...Object.values(properties), ...(free === undefined || free === false ? [] : [free])];
  return [...inside, ...(items === undefined ? [] : [items])].some(holdsSecrets);
}

/** A value as an error shows it. Nothing of it is shown where a part of it may be a secret. */
export function shownText(value: unknown, key: KeyDescription): string {
  return mayHoldSecret(value, key) ? SECRET : valueText(value);
}

/** A text where the schema has a secret, or in a structure with secrets at a place that the schema doesn't have. */
function mayHoldSecret(value: unknown, key: KeyDescription): boolean {
  if (value === undefined || value === null || !holdsSecrets(key)) return false;
  if (key.secret === true) return true;
  if (Array.isArray(value)) return value.some((entry) => mayHoldSecret(entry, key.items ?? UNKNOWN));
  if (typeof value !== "object") return typeof value === "string";
  const { additionalProperties: free } = key;
  return Object.entries(value).some(([name, part]) =>
    mayHoldSecret(part, key.properties?.[name] ?? (free === undefined || free === false ? UNKNOWN : free)),
  );
}

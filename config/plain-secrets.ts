import { describeKey } from "./describe";
import type { KeyDescription } from "./description";
import { keyText, type PathPart } from "./problem";

/** Most paths in one warning. */
const SHOWN = 3;

/**
 * Warnings about secrets that the stack's file has in plain text: one for each top-level key. Pulumi says of top-level keys only
 * whether a part of them is encrypted, so a plain secret beside an encrypted one isn't noticed.
 *
 * @param raw decoded values by top-level key
 * @param secretKeys top-level keys with an encrypted part
 */
export function plainSecrets(
  raw: Readonly<Record<string, unknown>>,
  secretKeys: readonly string[],
  stack: string,
): string[] {
  return Object.entries(raw).flatMap(([key, value]) => {
    if (secretKeys.includes(key)) return [];
    const paths = secretPaths(value, describeKey([key]), [key]).map(keyText);
    const [first] = paths;
    if (first === undefined) return [];
    const more = paths.length > SHOWN ? `, and ${paths.length - SHOWN} more` : "";
    return [
      `${paths.slice(0, SHOWN).join(", ")}${more}: a secret in plain text in Pulumi.${stack}.yaml, where everybody who has the file ` +
        `reads it. Encrypt it: npm run pulumi -- config set --secret --path '${first}' -s ${stack}; where others had the file, ` +
        "replace the secret first",
    ];
  });
}

function secretPaths(value: unknown, key: KeyDescription, path: readonly PathPart[]): (readonly PathPart[])[] {
  if (value === undefined || value === null) return [];
  if (key.secret === true) return [path];
  if (typeof value !== "object") return [];
  const { properties = {}, additionalProperties: free, items } = key;
  if (Array.isArray(value))
    return items === undefined ? [] : value.flatMap((entry, i) => secretPaths(entry, items, [...path, i]));
  return Object.entries(value).flatMap(([name, part]) => {
    const inside = properties[name] ?? (free === false ? undefined : free);
    return inside === undefined ? [] : secretPaths(part, inside, [...path, name]);
  });
}

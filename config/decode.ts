import { duplicateKeys } from "./json";
import type { KeyDescription } from "./description";
import { keyText, type Problem } from "./problem";
import { shownText } from "./secret";

/** A value in the form that the schema checks, or what is wrong with its text. */
export interface Decoded {
  readonly value?: unknown;
  readonly problems: readonly Problem[];
}

/**
 * Turns Pulumi's text into a value: structured values arrive as JSON, numbers in decimal. Values that are
 * no text (in tests, or read from a file) stay as they are.
 */
export function decode(key: string, raw: unknown, described: KeyDescription): Decoded {
  if (typeof raw !== "string") return { value: raw, problems: [] };
  if (described.type === "integer") return { value: /^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw, problems: [] };
  if (described.type === "string") return { value: raw, problems: [] };
  return decodeStructure(key, raw, described);
}

function decodeStructure(key: string, raw: string, described: KeyDescription): Decoded {
  const { allowed = "", fix = "" } = described;
  try {
    const value: unknown = JSON.parse(raw);
    const problems = duplicateKeys(raw).map((path) => ({
      key: keyText([key, ...path]),
      got: "the key twice",
      allowed: "each key once",
      fix: "remove or rename one of the two",
    }));
    return { value, problems };
  } catch {
    return { problems: [{ key: keyText([key]), got: shownText(raw, described), allowed, fix }] };
  }
}

import { LABEL_PREFIX } from "../../plan/labels";
import { keyText, valueText, type PathPart, type Problem } from "../problem";
import { LABEL_VALUE } from "../schema/tiers";

/** Prefixes that belong to this program and to Docker (its documentation reserves the latter three). */
const RESERVED = [LABEL_PREFIX, "com.docker.", "io.docker.", "org.dockerproject."];

const ALLOWED_NAME =
  "a name of lower-case letters, digits, '.', '_' and '-', a letter first and a letter or digit last, no two of '.' and '-' in a row, at most 128 characters, none of " +
  RESERVED.map((prefix) => `${prefix}*`).join(", ");

/** Engine labels: names as Docker recommends them (`com.example.storage`, or simple), and non-empty values. */
export function labelProblems(path: readonly PathPart[], labels: Readonly<Record<string, string>>): Problem[] {
  return Object.entries(labels).flatMap(([name, value]) => {
    const key = keyText([...path, name]);
    const problems: Problem[] = [];
    const nameFix = fixOfName(name);
    if (nameFix !== undefined) {
      problems.push({ key, got: `the label ${valueText(name)}`, allowed: ALLOWED_NAME, fix: nameFix });
    }
    if (!/^(?=.{1,256}$)[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$/u.test(value)) {
      problems.push({ key, got: valueText(value), ...LABEL_VALUE });
    }
    return problems;
  });
}

function fixOfName(name: string): string | undefined {
  const reserved = RESERVED.find((prefix) => name.toLowerCase().startsWith(prefix));
  if (reserved !== undefined) return `use a prefix of your own instead of ${reserved}, such as com.example.`;
  if (name.length > 128) return "shorten it";
  if (/^[a-z]([a-z0-9._-]*[a-z0-9])?$/.test(name) && !/[.-]{2}/.test(name)) return undefined;
  return "write it like com.example.storage, or simply storage";
}

import type { PathPart } from "./problem";

/**
 * Paths of keys that a JSON text has twice. `JSON.parse` silently keeps the last one, so a pool that was
 * listed twice would lose one of its halves.
 *
 * @param text A text that `JSON.parse` accepts.
 */
export function duplicateKeys(text: string): PathPart[][] {
  const duplicates: PathPart[][] = [];
  // One entry for each open bracket: the position in it, and the keys seen so far.
  const open: { at: PathPart; readonly keys: Set<string> }[] = [];
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/g)) {
    const scope = open.at(-1);
    if (token === "{" || token === "[") {
      open.push({ at: token === "[" ? 0 : "", keys: new Set() });
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (scope === undefined) {
      continue;
    } else if (token === ",") {
      if (typeof scope.at === "number") scope.at++;
    } else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      scope.at = key;
      if (scope.keys.has(key)) duplicates.push(open.map(({ at }) => at));
      scope.keys.add(key);
    }
  }
  return duplicates;
}

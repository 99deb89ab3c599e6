/**
 * Paths of keys that a JSON text has twice. `JSON.parse` keeps the last one and says nothing, so a pool that was
 * listed twice would silently lose one of its halves.
 *
 * @param text A text that `JSON.parse` accepts.
 */
export function duplicateKeys(text: string): string[][] {
  const duplicates: string[][] = [];
  // One entry for each open bracket: the keys seen in an object, and the key whose value comes next.
  const open: { keys: Set<string>; key: string }[] = [];
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    const [token, colon] = match;
    const scope = open.at(-1);
    if (token === "{" || token === "[") {
      open.push({ keys: new Set(), key: "" });
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (colon !== undefined && scope !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      scope.key = key;
      if (scope.keys.has(key)) duplicates.push(open.map((each) => each.key));
      scope.keys.add(key);
    }
  }
  return duplicates;
}

/** Differences between two sets of inputs, in the Pulumi engine's notation. */
import { equal, isObject, isSecret, type Properties, type Value } from "./values";

/** What happened to one property. */
export type Change = "add" | "delete" | "update";

/** Changes by property path: `a`, `a.b`, `a[0]`, `a["b.c"]`. */
export type Changes = ReadonlyMap<string, Change>;

/**
 * The changed leaves between two sets of properties.
 *
 * A secret is compared as a whole: its inside has no path of its own, as in the Pulumi engine's own diff.
 */
export function changes(olds: Properties, news: Properties): Changes {
  const found = new Map<string, Change>();
  compareObjects("", olds, news, found);
  return found;
}

function compareObjects(path: string, olds: Properties, news: Properties, found: Map<string, Change>): void {
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    // The version is the Pulumi engine's own, and what starts with two underscores is internal.
    if (path === "" && (key === "version" || key.startsWith("__"))) continue;
    compare(child(path, key), olds[key], news[key], found);
  }
}

function compare(path: string, a: Value | undefined, b: Value | undefined, found: Map<string, Change>): void {
  if (equal(a, b)) return;
  if (a === undefined || a === null) found.set(path, "add");
  else if (b === undefined || b === null) found.set(path, "delete");
  else if (isObject(a) && isObject(b) && !isSecret(a) && !isSecret(b)) compareObjects(path, a, b, found);
  else if (Array.isArray(a) && Array.isArray(b))
    for (let n = 0; n < Math.max(a.length, b.length); n++) compare(`${path}[${n}]`, a[n], b[n], found);
  else found.set(path, "update");
}

function child(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

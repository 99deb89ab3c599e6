import { UNKNOWN } from "../../lib/values";

/** A value and where it was found. */
export interface Found {
  readonly property: string;
  readonly value: unknown;
}

/** Whether a value is only known after the update: the SDK's one mark, or a symbol in its place (policy/planned.ts). */
export function isUnknown(value: unknown): boolean {
  return typeof value === "symbol" || value === UNKNOWN;
}

/**
 * All values at a path (see constraint.ts). A missing last part is found as `undefined`, so that a rule can require it;
 * below a part that is missing or unknown nothing is found.
 */
export function valuesAt(inputs: unknown, path: string): Found[] {
  return path
    .replaceAll("[]", ".[]")
    .split(".")
    .reduce<Found[]>((found, part) => found.flatMap((at) => step(at, part)), [{ property: "", value: inputs }]);
}

function step({ property, value }: Found, part: string): Found[] {
  if (isUnknown(value) || typeof value !== "object" || value === null) return [];
  if (part === "[]")
    return Array.isArray(value)
      ? value.map((entry: unknown, i) => ({ property: `${property}[${String(i)}]`, value: entry }))
      : [];
  if (part === "*")
    return Object.entries(value).map(([key, inner]) => ({ property: join(property, key), value: inner as unknown }));
  return [{ property: join(property, part), value: (value as Readonly<Record<string, unknown>>)[part] }];
}

function join(property: string, key: string): string {
  return property === "" ? key : `${property}.${key}`;
}

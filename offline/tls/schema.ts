/** Checking and comparing inputs by a small schema; all tls resources have the same rules. */
import { changes } from "../lib/diff";
import type { Diff, Failure } from "../lib/resource";
import { isObject, type Properties, reveal, revealAll, secret, UNKNOWN, type Value } from "../lib/values";

/** What an input may be. */
export interface Input {
  readonly type: "string" | "integer" | "boolean" | "strings" | "object";
  /** Whether it has to be there. @default false */
  readonly required?: boolean;
  /** Whether it is kept secret. @default false */
  readonly secret?: boolean;
  /** Whether its change leaves the resource as it is. @default false: another one is made */
  readonly inPlace?: boolean;
  /** The only values. @default any */
  readonly oneOf?: readonly string[];
  /** The smallest number. @default any */
  readonly atLeast?: number;
}

/** Inputs by name. */
export type Schema = Readonly<Record<string, Input>>;

/** Validates inputs, and marks those as secret that the schema says are. */
export function check(schema: Schema, news: Properties): { inputs: Properties; failures: Failure[] } {
  const failures: Failure[] = [];
  const inputs: Properties = { ...news };
  for (const [property, input] of Object.entries(schema)) {
    const value = reveal(news[property] ?? null);
    if (value === null) {
      if (input.required === true) failures.push({ property, reason: `Missing required property '${property}'` });
      continue;
    }
    const reason = problem(input, value);
    if (reason !== undefined) failures.push({ property, reason });
    if (input.secret === true) inputs[property] = secret(news[property] ?? null);
  }
  return { inputs, failures };
}

function problem(input: Input, value: Value): string | undefined {
  if (value === UNKNOWN) return undefined;
  const items = Array.isArray(value) ? value : [value];
  const isText = (item: Value): boolean => typeof item === "string";
  const right = {
    string: isText(value),
    integer: Number.isInteger(value),
    boolean: typeof value === "boolean",
    strings: Array.isArray(value) && value.every(isText),
    object: isObject(value),
  }[input.type];
  if (!right)
    return `expected ${input.type === "strings" ? "a list of strings" : input.type}, got ${JSON.stringify(value)}`;
  const { oneOf, atLeast } = input;
  const strange = items.find((item) => oneOf !== undefined && item !== UNKNOWN && !oneOf.includes(item as string));
  if (strange !== undefined) return `value must be one of ${oneOf?.join(", ") ?? ""}, got ${JSON.stringify(strange)}`;
  if (atLeast !== undefined && (value as number) < atLeast)
    return `value must be at least ${atLeast}, got ${value as number}`;
  return undefined;
}

/** Compares inputs; whether a value is marked as secret makes no difference to a key or a certificate. */
export function diff(schema: Schema, olds: Properties, news: Properties): Diff {
  const known = (values: Properties): Properties =>
    Object.fromEntries(Object.entries(revealAll(values)).filter(([key]) => key in schema));
  return {
    changes: changes(known(olds), known(news)),
    replaces: (path) => schema[path.split(/[.[]/, 1)[0] ?? path]?.inPlace !== true,
  };
}

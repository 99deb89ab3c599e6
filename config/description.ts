import { z } from "zod";
import type { PathPart } from "./problem";

/** A key's description: JSON Schema with the fields of `GlobalMeta`. */
export interface KeyDescription {
  readonly description?: string;
  readonly unit?: string;
  readonly allowed?: string;
  readonly fix?: string;
  readonly defaultText?: string;
  readonly default?: unknown;
  /** Whether errors never show it. */
  readonly secret?: boolean;
  /** Valid values: the first one stands for an encrypted one where nobody can decrypt it. */
  readonly examples?: readonly unknown[];
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, KeyDescription>>;
  /** Of a mapping with free keys: its values. `false` where keys are fixed. */
  readonly additionalProperties?: KeyDescription | false;
  /** Of a list: its entries. */
  readonly items?: KeyDescription;
  readonly required?: readonly string[];
}

/** A schema as data. Errors and documentation use the same texts. */
function descriptionOf(schema: z.ZodType): KeyDescription {
  return z.toJSONSchema(schema, { io: "input" }) as KeyDescription;
}

/** Description of the key at a path; empty for an unknown key. */
function descriptionAt(path: readonly PathPart[], root: KeyDescription): KeyDescription {
  let at: KeyDescription | undefined = root;
  for (const part of path) {
    const free: KeyDescription | undefined = at.additionalProperties === false ? undefined : at.additionalProperties;
    at = typeof part === "number" ? at.items : (at.properties?.[part] ?? free);
    if (at === undefined) return {};
  }
  return at;
}

/** Cached descriptions: a configuration is read several times in a run. */
const known = new WeakMap<z.ZodType, KeyDescription>();

/** Describes keys of a schema by their paths. The description is created at the first call. */
export function describer(schema: z.ZodType): (path: readonly PathPart[]) => KeyDescription {
  return (path) => {
    const root = known.get(schema) ?? descriptionOf(schema);
    known.set(schema, root);
    return descriptionAt(path, root);
  };
}

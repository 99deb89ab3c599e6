import { z } from "zod";
import type { PathPart } from "./problem";
import { stackSchema } from "./schema";

/** What the schema says about a key: JSON Schema, with the words of `GlobalMeta` in it. */
export interface KeyDescription {
  readonly description?: string;
  readonly unit?: string;
  readonly allowed?: string;
  readonly fix?: string;
  readonly defaultText?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, KeyDescription>>;
  /** Of a mapping with free keys: its values. `false` where keys are fixed. */
  readonly additionalProperties?: KeyDescription | false;
  /** Of a list: its entries. */
  readonly items?: KeyDescription;
  readonly required?: readonly string[];
}

let described: KeyDescription | undefined;

/** The whole schema as data: errors and documentation are written from the same words. */
export function describeSchema(): KeyDescription {
  described ??= z.toJSONSchema(stackSchema, { io: "input" }) as KeyDescription;
  return described;
}

/** What the schema says about the key at a path; of an unknown key, nothing. */
export function describeKey(path: readonly PathPart[], root = describeSchema()): KeyDescription {
  let at: KeyDescription | undefined = root;
  for (const part of path) {
    const free: KeyDescription | undefined = at.additionalProperties === false ? undefined : at.additionalProperties;
    at = typeof part === "number" ? at.items : (at.properties?.[part] ?? free);
    if (at === undefined) return {};
  }
  return at;
}

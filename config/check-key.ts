import { z } from "zod";
import type { KeyDescription } from "./description";
import { keyText, valueText, type PathPart, type Problem } from "./problem";
import type { StackSchema } from "./schema/types";
import { shownText } from "./secret";
import { didYouMean } from "./suggest";

/** What the schema says about the key at a path. */
export type Describe = (path: readonly PathPart[]) => KeyDescription;

/** Result of checking one key. */
export interface CheckedKey {
  readonly problems: readonly Problem[];
  /** The value with defaults, without its wrong parts; undefined when no part is valid. */
  readonly value?: unknown;
  /** Whether parts are missing from `value`. */
  readonly complete: boolean;
}

/** Checks types and formats of one key. Keeps the valid parts, so that the rules can check those. */
export function checkKey(key: string, value: unknown, { shape }: StackSchema, describe: Describe): CheckedKey {
  const schema = (shape as Readonly<Record<string, z.ZodType>>)[key];
  if (schema === undefined) throw new Error(`the schema has no key ${key}`);
  const result = schema.safeParse(value);
  if (result.success) return { problems: [], value: result.data, complete: true };
  const problems = result.error.issues.flatMap((issue) => problemsOf(key, value, issue, describe));
  return { problems, ...salvage(schema, value, result.error.issues), complete: false };
}

function problemsOf(key: string, value: unknown, issue: z.core.$ZodIssue, describe: Describe): Problem[] {
  const path: PathPart[] = [key, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((unknown) =>
      unknownKey([...path, unknown], valueAt(value, [...issue.path, unknown]), describe),
    );
  }
  const got = valueAt(value, issue.path);
  const described = describe(path);
  const { allowed = "", fix = "", enum: choices = [] } = described;
  const meant = typeof got === "string" ? didYouMean(got, choices) : undefined;
  return [{ key: keyText(path), got: shownText(got, described), allowed, fix: meant ?? fix }];
}

/** An unknown key: most often a typo, or a path that was set without `--path`. */
export function unknownKey(path: readonly PathPart[], value: unknown, describe: Describe): Problem {
  const known = Object.keys(describe(path.slice(0, -1)).properties ?? {});
  const name = String(path.at(-1));
  const head = name.split(".")[0] ?? "";
  const fix =
    path.length === 1 && name !== head && known.includes(head)
      ? `set it with --path, so that it becomes a part of ${keyText([head])}`
      : (didYouMean(name, known) ?? "remove it");
  return {
    key: keyText(path),
    got: `the unknown key with the value ${valueText(value)}`,
    allowed: known.join(", "),
    fix,
  };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, part) => (isRecord(at) ? at[part] : undefined), value);
}

/** Leaves out the wrong parts of a mapping, one level deep, and checks again. */
function salvage(schema: z.ZodType, value: unknown, issues: readonly z.core.$ZodIssue[]): { value?: unknown } {
  if (!isRecord(value) || Array.isArray(value)) return {};
  const wrong = new Set(issues.flatMap((issue) => issue.path.slice(0, 1)));
  const extra = new Set(
    issues.flatMap((issue) => (issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [])),
  );
  const rest = without(value, (name) => wrong.has(name) || extra.has(name));
  const again = [schema, partly(schema)].map((each) => each.safeParse(rest)).find(({ success }) => success);
  // Otherwise the default would replace a wrong part, and rules would report a value that the user didn't write.
  return again?.success === true && isRecord(again.data)
    ? { value: without(again.data, (name) => wrong.has(name)) }
    : {};
}

/** The schema of a mapping without its required keys: a missing one doesn't hide the others. */
function partly(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap() as z.ZodType;
  return inner instanceof z.ZodObject ? inner.partial() : inner;
}

function without(record: Record<PropertyKey, unknown>, drop: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !drop(name)));
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

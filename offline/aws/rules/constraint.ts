/** The vocabulary that rules about properties are written in. */

/** What one property has to be. A rule that doesn't apply to a value's kind is ignored. */
export interface Constraint {
  /** Where the rule is from: an API member with the version of its model, or a page of the documentation. */
  readonly source: string;
  /** Whether the property has to be there. @default false */
  readonly required?: boolean;
  /** The texts that are accepted. */
  readonly enum?: readonly string[];
  /** What `min` and `max` count. @default characters */
  readonly counts?: "value" | "characters" | "bytes" | "entries";
  readonly min?: number;
  readonly max?: number;
  /** What the whole text has to match, as a regular expression with the flag `u`. */
  readonly pattern?: string;
  /** What the text must not match, likewise. */
  readonly not?: string;
  /** The rule in words, continuing "a value that". @default written from the other fields */
  readonly says?: string;
}

/** Rules by property path. `a.b` is inside an object, `a[]` is each entry of a list, `a.*` each value of a mapping. */
export type PropertyRules = Readonly<Record<string, readonly Constraint[]>>;

/** One value that AWS refuses. */
export interface Violation {
  /** Path of the property. */
  readonly property: string;
  /** The value, as JSON of at most 120 characters. */
  readonly value: string;
  /** The rule in words, continuing "a value that". */
  readonly rule: string;
  /** Where the rule is from. */
  readonly source: string;
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** The first thing that is wrong with a value, in words. @returns undefined when nothing is */
export function refusal(value: unknown, rule: Constraint): string | undefined {
  if (value === undefined || value === null) return rule.required === true ? says(rule, "is there") : undefined;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  if (text !== undefined) {
    if (rule.enum !== undefined && !rule.enum.includes(text)) return says(rule, `is one of ${rule.enum.join(", ")}`);
    if (rule.pattern !== undefined && !new RegExp(`^(?:${rule.pattern})$`, "u").test(text))
      return says(rule, `matches ${rule.pattern}`);
    if (rule.not !== undefined && new RegExp(rule.not, "u").test(text)) return says(rule, `doesn't match ${rule.not}`);
  }
  const size = sizeOf(value, rule.counts ?? "characters");
  if (size === undefined) return undefined;
  const { min = -Infinity, max = Infinity, counts = "characters" } = rule;
  if (size >= min && size <= max) return undefined;
  const unit = counts === "value" ? "" : ` ${counts}`;
  return says(rule, `has ${bounds(rule)}${unit}`);
}

function bounds({ min, max }: Constraint): string {
  if (min === undefined) return `at most ${String(max)}`;
  return max === undefined ? `at least ${String(min)}` : `${String(min)} to ${String(max)}`;
}

function says(rule: Constraint, otherwise: string): string {
  return rule.says ?? otherwise;
}

function sizeOf(value: unknown, counts: NonNullable<Constraint["counts"]>): number | undefined {
  switch (counts) {
    case "value":
      return typeof value === "number" ? value : typeof value === "string" ? numberOf(value) : undefined;
    case "characters":
      return typeof value === "string" ? Array.from(value).length : undefined;
    case "bytes":
      return typeof value === "string" ? Buffer.byteLength(value, "utf8") : undefined;
    case "entries":
      return Array.isArray(value)
        ? value.length
        : typeof value === "object" && value !== null
          ? Object.keys(value).length
          : undefined;
  }
}

/** Pulumi has some numbers as texts, such as the port of a health check. */
function numberOf(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** A value that isn't known before the update, such as the id of a new resource. */
export const UNKNOWN = Symbol("unknown");

/**
 * The Pulumi engine's marks for unknown values of each kind, in previews and for policy packs.
 * Source: @pulumi/policy/proxy.js, and pulumi/pulumi sdk/go/common/resource/plugin/rpc.go.
 */
export const UNKNOWN_MARKS: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A planned resource: plain values, with {@link UNKNOWN} for unknown ones. */
export interface Planned {
  readonly urn: string;
  /** Type token, such as `aws:ec2/instance:Instance`. */
  readonly type: string;
  /** Its name in the program. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Whether Pulumi refuses to delete it. */
  readonly protect: boolean;
  /** URNs of the resources that a property's value comes from. */
  readonly references: Readonly<Record<string, readonly string[]>>;
}

/** Replaces the Pulumi engine's marks by {@link UNKNOWN}, at any depth. */
export function markUnknowns(value: unknown): unknown {
  if (UNKNOWN_MARKS.has(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(markUnknowns);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, markUnknowns(inner)]));
}

/**
 * The value at a path of keys and indices.
 *
 * @returns undefined if there is none, {@link UNKNOWN} if it or a parent isn't known yet
 */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let at = value;
  for (const key of path) {
    if (at === UNKNOWN) return UNKNOWN;
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[key];
  }
  return at;
}

/** The entries of a list; empty for other values and unknown ones. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A text; undefined for other values and unknown ones. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** A number; undefined for other values and unknown ones. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** Last part of a URN: the resource's name. Other texts stay as they are. */
export function nameOfUrn(urn: string): string {
  return urn.split("::").pop() ?? urn;
}

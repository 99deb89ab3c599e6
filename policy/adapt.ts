import type { PolicyResource } from "@pulumi/policy";
import { UNKNOWN, type Planned } from "./planned";

/**
 * A policy pack's resource as plain values. In the pack, reading a property that isn't known yet throws, and would
 * stop the whole policy. Only the fields that these rules need are copied.
 */
export function fromPolicy(resource: PolicyResource): Planned {
  return {
    urn: resource.urn,
    type: resource.type,
    name: resource.name,
    inputs: plain(resource.props) as Record<string, unknown>,
    protect: resource.opts.protect,
    references: Object.fromEntries(
      Object.entries(resource.propertyDependencies).map(([property, on]) => [property, on.map(({ urn }) => urn)]),
    ),
  };
}

/** A deep copy, with {@link UNKNOWN} where reading the value throws. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const copy = Array.isArray(value) ? [] : {};
  for (const key of Object.keys(value)) {
    let inner: unknown;
    try {
      inner = plain((value as Readonly<Record<string, unknown>>)[key]);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      inner = UNKNOWN;
    }
    (copy as Record<string, unknown>)[key] = inner;
  }
  return copy;
}

/** @pulumi/policy doesn't export this error's class. It is recognized by its text and kind. */
function isUnknown(error: unknown): boolean {
  return error instanceof Error && "unknownTypeSentinel" in error;
}

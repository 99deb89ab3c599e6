import type { PolicyResource } from "@pulumi/policy";
import { UNKNOWN, type Planned } from "./planned";

/**
 * A resource as a policy pack gets it, in plain values: reading a property that isn't known yet throws there, and would
 * end the whole policy. Only what these rules ask for is taken.
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

/** A deep copy, with {@link UNKNOWN} where the value throws instead of being told. */
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

/** @pulumi/policy doesn't export this error's class: its text and the kind it carries tell it. */
function isUnknown(error: unknown): boolean {
  return error instanceof Error && "unknownTypeSentinel" in error;
}

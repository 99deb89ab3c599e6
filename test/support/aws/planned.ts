import * as pulumi from "@pulumi/pulumi";
import { UNKNOWN, type Planned } from "../../../policy/planned";
import type { Registered } from "../recording-mocks";

/** What the program registered, as policies and reviews look at it: they get real resources only, no components. */
export function plannedFrom(resources: readonly Registered[]): Planned[] {
  return resources
    .filter(({ custom }) => custom)
    .map(({ urn, type, name, inputs, protect, propertyDependencies }) => ({
      urn,
      type,
      name,
      inputs: marked(inputs) as Record<string, unknown>,
      protect,
      references: propertyDependencies,
    }));
}

/** Mocks hand out the SDK's own mark for what isn't known yet. */
function marked(value: unknown): unknown {
  if (pulumi.isUnknown(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner)]));
}

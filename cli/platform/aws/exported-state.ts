/** What the checks before an `up` on AWS read of a state. */
import { z } from "zod";

/** What `pulumi stack export` prints, as far as it is read here. */
const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(z.object({ urn: z.string(), type: z.string(), id: z.string().optional() })).nullish(),
  }),
});

/**
 * Milliseconds in which something new may be that of a run which goes on: it is written down once it is there, for which
 * AWS's provider waits 10 minutes at most, and `stack export` waits for nobody.
 */
export const YOUNG = 15 * 60_000;

/** Ids of a type's resources in a state. */
export function idsIn(state: string, type: string): ReadonlySet<string> {
  return new Set(resourcesIn(state).flatMap((one) => (one.type === type && one.id !== undefined ? [one.id] : [])));
}

/** Names of a type's resources in a state: the last part of their URNs. */
export function namesIn(state: string, type: string): ReadonlySet<string> {
  const found = resourcesIn(state).filter((one) => one.type === type && one.id !== undefined);
  return new Set(found.map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2)));
}

function resourcesIn(state: string): NonNullable<z.infer<typeof stateSchema>["deployment"]["resources"]> {
  return stateSchema.parse(JSON.parse(state)).deployment.resources ?? [];
}

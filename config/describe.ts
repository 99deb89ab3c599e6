import { describer, type KeyDescription } from "./description";
import { stackSchema } from "./schema";

export type { KeyDescription } from "./description";

/** What the schema says about the key at a path; of an unknown key, nothing. */
export const describeKey = describer(stackSchema);

/** The whole schema as data. */
export function describeSchema(): KeyDescription {
  return describeKey([]);
}

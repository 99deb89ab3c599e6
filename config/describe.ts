import { describer, type KeyDescription } from "./description";
import { stackSchema } from "./schema";

export type { KeyDescription } from "./description";

/** Description of the key at a path; empty for an unknown key. */
export const describeKey = describer(stackSchema);

/** The whole schema as data. */
export function describeSchema(): KeyDescription {
  return describeKey([]);
}

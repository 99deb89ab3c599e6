import { isDeepStrictEqual } from "node:util";

/** Answer to the Pulumi engine about a change. */
export interface Difference {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/**
 * Compares inputs: which keys changed, and whether the container is replaced.
 *
 * Name and address are unique, so the old container is always deleted first.
 *
 * @param keep Keys whose change has no effect on an existing resource.
 * @param inPlace Keys that can be changed in place.
 */
export function difference(
  old: object,
  inputs: object,
  keep: readonly string[],
  inPlace: readonly string[],
): Difference {
  const olds = new Map(Object.entries(old));
  const changed = Object.entries(inputs)
    .filter(([key, value]) => key !== "__provider" && !keep.includes(key) && !isDeepStrictEqual(olds.get(key), value))
    .map(([key]) => key);
  return {
    changes: changed.length > 0,
    replaces: changed.filter((key) => !inPlace.includes(key)),
    deleteBeforeReplace: true,
  };
}

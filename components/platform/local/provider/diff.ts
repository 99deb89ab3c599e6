import { isDeepStrictEqual } from "node:util";

/** What the engine is told about a change. */
export interface Difference {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/**
 * Compares inputs: which keys changed, and whether that takes a new container.
 *
 * A name and an address can be had only once, so the old one always goes before the new one comes.
 *
 * @param keep Keys whose change does nothing to what is there already.
 * @param inPlace Keys that can change on what is there.
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

import { byName } from "./instances";
import type { Change } from "./preview";

/** Names by what happens. */
export type NamedChanges = Readonly<Record<"added" | "removed" | "replaced" | "updated", readonly string[]>>;

/** The names of what changes, by what happens to it; each list in the order of names. */
export function byKind(all: readonly Pick<Change, "name" | "kind">[]): NamedChanges {
  const named = (kind: keyof NamedChanges): string[] =>
    all
      .filter((one) => one.kind === kind)
      .map(({ name }) => name)
      .sort(byName);
  return { added: named("added"), removed: named("removed"), replaced: named("replaced"), updated: named("updated") };
}

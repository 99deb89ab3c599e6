import { allFacts } from "../platform/facts";
import type { Planned } from "../../policy/planned";
import type { Preview } from "./preview";

/** How many of a kind of resource are billed, by the hour or month. */
export interface Billed {
  /** Type and size. */
  readonly what: string;
  readonly before: number;
  readonly after: number;
}

/** What is billed before and after an update, in the order of names; empty for a stack that isn't billed. */
export function reviewBilled({ changes }: Pick<Preview, "changes">): Billed[] {
  const before = billedOf(changes.map((change) => change.before));
  const after = billedOf(changes.map((change) => change.after));
  const number = (all: readonly string[], what: string): number => all.filter((one) => one === what).length;
  return [...new Set([...before, ...after])]
    .sort()
    .map((what) => ({ what, before: number(before, what), after: number(after, what) }));
}

function billedOf(resources: readonly (Planned | undefined)[]): string[] {
  return resources.flatMap((resource) =>
    resource === undefined ? [] : allFacts().flatMap((platform) => platform.billedOf?.(resource) ?? []),
  );
}

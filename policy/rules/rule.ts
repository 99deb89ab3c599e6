import type { Planned } from "../planned";

/** What a rule has found wrong with a stack. */
export interface Violation {
  /** Name of the resource; empty where it is the stack as a whole. */
  readonly resource: string;
  /** What is wrong and what is allowed, in one sentence. */
  readonly message: string;
}

/** Something that holds for every stack. Pure, and silent about what isn't known yet. */
export interface Rule {
  /** Unique, for configuration of the policy pack. */
  readonly name: string;
  readonly description: string;
  /** All resources that the stack is to have. */
  readonly check: (resources: readonly Planned[]) => readonly Violation[];
}

/**
 * A rule about each resource of some types by itself.
 *
 * @param types type tokens, or what lists them
 */
export function eachOf(
  types: readonly string[] | (() => readonly string[]),
  judge: (resource: Planned) => readonly string[],
): Rule["check"] {
  return (resources) => {
    const wanted = typeof types === "function" ? types() : types;
    return resources
      .filter(({ type }) => wanted.includes(type))
      .flatMap((resource) => judge(resource).map((message) => ({ resource: resource.name, message })));
  };
}

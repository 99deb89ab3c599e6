import type { Planned } from "../planned";

/** A violation of a rule. */
export interface Violation {
  /** Name of the resource; empty for the stack as a whole. */
  readonly resource: string;
  /** What is wrong and what is allowed, in one sentence. */
  readonly message: string;
}

/** A rule for every stack. Pure; it ignores unknown values. */
export interface Rule {
  /** Unique, for configuration of the policy pack. */
  readonly name: string;
  readonly description: string;
  /** Checks all planned resources of the stack. */
  readonly check: (resources: readonly Planned[]) => readonly Violation[];
}

/**
 * A rule about each resource of some types by itself.
 *
 * @param types type tokens, or a function that lists them
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

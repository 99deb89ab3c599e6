import { allFacts } from "../cli/platform/facts";

/** What is lost with a resource of a type; undefined for resources that can be recreated. */
export function dataIn(type: string): string | undefined {
  return allFacts().flatMap(({ types }) => types.data[type] ?? [])[0];
}

/** Tag of throw-away data, which is deleted with its stack: `yes`. */
export const THROWAWAY = "swarm-ha.throwaway";

/** Types of resources that can be protected. */
export function protectedTypes(): readonly string[] {
  return allFacts().flatMap(({ protectsData, types }) => (protectsData ? Object.keys(types.data) : []));
}

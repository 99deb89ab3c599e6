import { allFacts } from "../cli/platform/facts";

/** What is lost with a resource of a type; undefined for resources that can be recreated. */
export function dataIn(type: string): string | undefined {
  return allFacts().flatMap(({ types }) => types.data[type] ?? [])[0];
}

/** Types whose resources are protected where the data is worth it. */
export function protectedTypes(): readonly string[] {
  return allFacts().flatMap(({ protectsData, types }) => (protectsData ? Object.keys(types.data) : []));
}

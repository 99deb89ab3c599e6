import type { Known } from "../known";
import type { Problem } from "../problem";
import { labelProblems } from "./labels";
import { fixOfCountedName, fixOfPoolName, poolNameProblem } from "./pool-names";

/** Pool names must give every host a unique name; labels must be valid for the Docker engine. */
export function poolProblems({ poolNames: names, workers, inventory }: Known): Problem[] {
  // The platform checks names and labels where its inventory has them.
  if (inventory !== undefined) return [];
  return names.flatMap((name) => [
    ...poolNameProblem(["workers", name], name, fixOfPoolName(name, names) ?? fixOfCountedName(name, names)),
    ...labelProblems(["workers", name, "labels"], workers?.[name]?.labels ?? {}),
  ]);
}

import type { Change } from "./preview";

/** Names of the steps that an update runs again: `prepare-<host>`, `stack-<tier>` and so on. */
export function stepsAgain(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(
    changes
      .filter(({ type, kind }) => type === "command:remote:Command" && (kind === "updated" || kind === "replaced"))
      .map(({ name }) => name),
  );
}

/** What the file backend notes of a run that has ended. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { backendDir } from "../paths";
import { PROJECT } from "./project";

/**
 * Whether a run changed anything, by what was noted of it.
 *
 * @param note text of a file `<stack>-<time>.history.json`
 */
export function changedAnything(note: string): boolean {
  const { resourceChanges } = JSON.parse(note) as { resourceChanges?: Readonly<Record<string, number>> };
  return Object.entries(resourceChanges ?? {}).some(([kind, count]) => kind !== "same" && count > 0);
}

/** Whether the last run on a local stack changed anything; true where that can't be told. */
export function lastRunChanged(stack: string): boolean {
  const folder = join(backendDir(), ".pulumi", "history", PROJECT, stack);
  if (!existsSync(folder)) return true;
  // Names end in times of the same length.
  const last = readdirSync(folder)
    .filter((name) => name.endsWith(".history.json"))
    .sort()
    .at(-1);
  return last === undefined || changedAnything(readFileSync(join(folder, last), "utf8"));
}

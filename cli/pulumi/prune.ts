/**
 * Files that the file backend never removes: the history of all runs, and what killed runs leave. No setting of the Pulumi
 * engine limits the history (pulumi v3.245.0, sdk/go/common/env/env.go, `DIY_BACKEND_*`).
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { backendDir } from "../paths";
import { checkpointFile, parsed } from "./local-state";
import { PROJECT } from "./project";

/** Runs whose history is kept. */
const KEPT_RUNS = 20;

/**
 * The files to remove: all that belong to other runs than the last ones.
 *
 * @param names files of one folder; the first long number in a name is the time of its run
 * @param kept how many runs' files stay
 */
export function outdated(names: readonly string[], kept: number): string[] {
  const runs = new Map<string, string[]>();
  for (const name of names) {
    const time = /\d{10,}/.exec(name)?.[0];
    if (time !== undefined) runs.set(time, [...(runs.get(time) ?? []), name]);
  }
  const byAge = [...runs.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return byAge.slice(0, Math.max(0, byAge.length - kept)).flatMap((time) => runs.get(time) ?? []);
}

/** Removes old history of a local stack. Each run adds a copy of the whole state. */
export function pruneHistory(stack: string): void {
  const folder = join(backendDir(), ".pulumi", "history", PROJECT, stack);
  if (!existsSync(folder)) return;
  for (const name of outdated(readdirSync(folder), KEPT_RUNS)) rmSync(join(folder, name), { force: true });
}

/**
 * Removes files of attributes that a killed Pulumi engine has cut off beside a checkpoint: with one of them, the whole checkpoint
 * can't be read. (Ours write none; a Pulumi engine that somebody started by hand does.)
 */
export function dropDamagedAttributes(stack: string): void {
  for (const path of [checkpointFile(stack), `${checkpointFile(stack)}.bak`].map((file) => `${file}.attrs`)) {
    if (existsSync(path) && parsed(path) === undefined) rmSync(path, { force: true });
  }
}

/** Removes checkpoints that a killed Pulumi engine has written in part. Only for one who knows that no run is writing. */
export function dropHalfCheckpoints(stack: string): void {
  const folder = dirname(checkpointFile(stack));
  const half = (name: string): boolean => name.startsWith(`${stack}.json.`) && name.endsWith(".tmp");
  for (const name of readdirSync(folder).filter(half)) rmSync(join(folder, name), { force: true });
}

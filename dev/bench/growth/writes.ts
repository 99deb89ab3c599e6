/** How often a state is written. */
import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * Counts the writes of a file that is replaced as a whole, as Pulumi's file back-end does: each write is a rename onto its
 * name. (The back-end renames the backup in between, so the kernel never merges two of them into one event.)
 *
 * @returns a function that ends the watch and tells the number
 */
export function watchWrites(file: string): () => number {
  let writes = 0;
  const watcher = watch(dirname(file), (event, name) => {
    if (event === "rename" && name === basename(file)) writes++;
  }).unref();
  return () => {
    watcher.close();
    return writes;
  };
}

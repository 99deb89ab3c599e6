/** Changes to a module's source that are made for one build alone: Go's own cache of modules stays as it is. */
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A change of one package. */
export interface SourceChange {
  /** The path of the module that the package is of. */
  readonly module: string;
  /** One of its files. */
  readonly file: string;
  /** What stands in that file, exactly once. */
  readonly from: string;
  /** What is to stand there instead. */
  readonly to: string;
  /** A file that the package gets besides, as `<name>.go.txt`. */
  readonly addition: string;
}

/**
 * A text with one place of it changed.
 *
 * @throws Error unless the place is there exactly once
 */
export function changed(text: string, { file, from, to }: Pick<SourceChange, "file" | "from" | "to">): string {
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places, not one, with: ${from}`);
  return text.replace(from, () => to);
}

/**
 * Makes a module changed, and has a build use that. Go takes no changed files for those of its own cache, so the module is
 * copied; what only its tests need, nine tenths of Pulumi's, stays behind.
 *
 * @param change what to change
 * @param source folder of the module's source
 * @param work folder of the build, with its go.mod
 */
export function useChanged(change: SourceChange, source: string, work: string): void {
  const copy = join(work, "changed");
  copyPrograms(source, copy);
  const file = join(copy, change.file);
  const text = changed(readFileSync(file, "utf8"), change);
  rmSync(file); // It is as read-only as the one that it is a copy of.
  writeFileSync(file, text);
  copyFileSync(change.addition, join(dirname(file), basename(change.addition, ".txt")));
  appendFileSync(join(work, "go.mod"), `\nreplace ${change.module} => ./changed\n`);
}

/** Copies a folder without what is there for tests. (Not by Node's own copy, whose folders are read-only like Go's.) */
function copyPrograms(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const { name } = entry;
    if (name === "testdata" || name.endsWith("_test.go")) continue;
    if (entry.isDirectory()) copyPrograms(join(from, name), join(to, name));
    else copyFileSync(join(from, name), join(to, name));
  }
}

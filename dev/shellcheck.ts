/** `npm run shellcheck`: Debian's shellcheck over every shell script of this repository. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { environmentFor } from "../cli/environment";
import { root } from "../cli/paths";
import { requirePackages } from "../cli/workstation/apt";
import { findProgram } from "../cli/workstation/command";
import { runMain, UserError } from "../cli/terminal/errors";

/** Where scripts are. */
const FOLDERS = ["scripts", "image", ".ci", "cli", "dev", "offline", "test", "components"];
/** What scripts source. Not checked alone, where every shared variable would look unused, but with each script. */
const LIBRARY = "scripts/lib/";
/** `--check-sourced` reports what is wrong in a sourced file; they are named as seen from scripts/. */
const OPTIONS = ["--external-sources", "--check-sourced", "--source-path=scripts"];

/** A shell script says so by its name or in its first line. */
function isShell(file: string): boolean {
  if (file.endsWith(".sh")) return true;
  return /^#!.*\b(ba|da)?sh\b/.test(readFileSync(file, "utf8").slice(0, 100));
}

function scripts(): string[] {
  const folders = FOLDERS.map((name) => join(root, name)).filter((folder) => existsSync(folder));
  const all = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const shell = all.filter((file) => statSync(file).isFile() && isShell(file)).map((file) => relative(root, file));
  return shell.filter((file) => !file.startsWith(LIBRARY)).sort();
}

runMain(async () => {
  if (findProgram("shellcheck") === undefined) await requirePackages(["shellcheck"], "Checking scripts", "10 to 30 s");
  const files = scripts();
  if (files.length === 0) throw new UserError(`no shell scripts in ${FOLDERS.join(", ")}`);
  const { status, error } = spawnSync("shellcheck", [...OPTIONS, ...files], {
    cwd: root,
    stdio: "inherit",
    env: environmentFor("program"),
  });
  if (error !== undefined) throw error;
  if (status === 0) console.log(`shellcheck: ${files.length} scripts and what they source are clean`);
  return status ?? 1;
});

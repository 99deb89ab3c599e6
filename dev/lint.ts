/**
 * `npm run lint [-- <check>…]`: checks the sources with eslint, prettier, tsc, shellcheck and actionlint, all of them or those named.
 * A check that fails doesn't keep the next ones from running. `format` rewrites files instead, and only when it is named.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { wholeEnvironment } from "../cli/environment";
import { root } from "../cli/paths";
import { runMain, UserError } from "../cli/terminal/errors";

/** Checks by name: the npm package and program, or the tool of this repository, and its arguments. */
const CHECKS: Readonly<Record<string, () => string[]>> = {
  eslint: () => [program("eslint", "eslint"), ".", "--max-warnings", "0"],
  prettier: () => [program("prettier", "prettier"), "--check", "."],
  types: () => [program("typescript", "tsc"), "--noEmit"],
  shellcheck: () => [join(root, "cli/run.mjs"), "shellcheck"],
  actionlint: () => [join(root, "cli/run.mjs"), "actionlint"],
};
const FORMAT = (): string[] => [program("prettier", "prettier"), "--write", "."];

/** A package's program as its package.json names it: a PATH without npm's additions has none of them. */
function program(name: string, bin: string): string {
  const file = join(root, "node_modules", name, "package.json");
  const { bin: bins } = JSON.parse(readFileSync(file, "utf8")) as { bin: string | Record<string, string> };
  return join(dirname(file), typeof bins === "string" ? bins : (bins[bin] ?? ""));
}

async function passes(args: readonly string[]): Promise<boolean> {
  const [code] = (await once(
    spawn(process.execPath, args, { cwd: root, stdio: "inherit", env: wholeEnvironment() }),
    "close",
  )) as [number | null];
  return code === 0;
}

runMain(async () => {
  const all = new Map(Object.entries({ ...CHECKS, format: FORMAT }));
  const named = process.argv.slice(2);
  const failed: string[] = [];
  for (const name of named.length === 0 ? Object.keys(CHECKS) : named) {
    const check = all.get(name);
    if (check === undefined) throw new UserError(`no check ${name}; there are: ${[...all.keys()].join(", ")}`);
    if (!(await passes(check()))) failed.push(name);
  }
  if (failed.length > 0) throw new UserError(`failed: ${failed.join(", ")}`);
  return 0;
});

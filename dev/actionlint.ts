/**
 * `npm run lint actionlint`: actionlint over .github/workflows. It is a Go module: built by `go run` from the module cache,
 * seconds the first time and one from then on. Without Go it is left to CI, and says so.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { environmentFor } from "../cli/environment";
import { root } from "../cli/paths";
import { findProgram } from "../cli/workstation/command";
import { runMain } from "../cli/terminal/errors";

const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";
/** Milliseconds for a cold build on a slow workstation. */
const LIMIT = 600_000;

runMain(() => {
  const folder = join(root, ".github/workflows");
  const files = readdirSync(folder).map((name) => join(folder, name));
  if (findProgram("go") === undefined) {
    process.stderr.write("actionlint: left to CI, for there is no Go here\n");
    return Promise.resolve(0);
  }
  // Outside the repository: its own modules are no part of this.
  const env = { ...environmentFor("program"), GOFLAGS: "-mod=mod", GOWORK: "off", CGO_ENABLED: "0" };
  const { status, error } = spawnSync("go", ["run", ACTIONLINT, ...files], {
    cwd: root,
    env,
    stdio: "inherit",
    timeout: LIMIT,
  });
  if (error !== undefined) throw error;
  if (status === 0) console.log(`actionlint: ${files.length} workflows are clean`);
  return Promise.resolve(status ?? 1);
});

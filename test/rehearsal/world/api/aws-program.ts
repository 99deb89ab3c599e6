/** The real `aws` program, from PyPI, in a virtual environment of the cache. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { cachePath } from "../../../../cli/paths";
import { withLock } from "../../../../cli/workstation/lock.cjs";
import { succeed } from "../../../support/run";

/** Its version: v1 is the one that PyPI has, and takes the same arguments as v2 for all that we ask. */
const VERSION = "1.45.11";

/** Seconds for its installation. */
const LIMIT = 300;

/** Path of the `aws` program; installed at its first use. */
export async function awsProgram(): Promise<string> {
  const folder = cachePath(`rehearsal-awscli-${VERSION}`);
  const program = `${folder}/bin/aws`;
  const marker = `${folder}/installed`;
  if (existsSync(marker)) return program;
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(marker)) return;
    rmSync(folder, { recursive: true, force: true });
    await succeed("python3", ["-m", "venv", folder], { limit: LIMIT });
    const pip = ["install", "--quiet", "--disable-pip-version-check", `awscli==${VERSION}`];
    await succeed(`${folder}/bin/pip`, pip, { limit: LIMIT });
    await succeed("touch", [`${marker}.new`], { limit: 10 });
    renameSync(`${marker}.new`, marker);
  });
  return program;
}

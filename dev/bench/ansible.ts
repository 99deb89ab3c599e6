/** Ansible as a contender: found, or installed from PyPI into the cache; where neither works there is none. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cachePath } from "../../cli/paths";
import { command, findProgram } from "../../cli/workstation/command";
import type { Progress } from "../../cli/terminal/progress";

/** A release that the benchmark was written with. */
const REQUIREMENT = "ansible-core>=2.16,<2.20";

/** Ansible's `ansible-playbook` and its version. */
export interface Ansible {
  readonly path: string;
  readonly version: string;
}

/** @returns undefined, and says why, where there is no Ansible to be had */
export async function findAnsible(progress: Progress): Promise<Ansible | undefined> {
  const folder = cachePath("bench", "ansible");
  const own = join(folder, "bin", "ansible-playbook");
  try {
    const path = findProgram("ansible-playbook") ?? (existsSync(own) ? own : await install(folder, own, progress));
    const text = await command(path, ["--version"], { timeout: 60_000 });
    return { path, version: /core ([\d.]+)/.exec(text)?.[1] ?? "unknown" };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    const reason = error instanceof Error ? (error.message.split("\n").at(-1) ?? "") : String(error);
    progress.info(`Ansible is left out: it is not installed, and PyPI doesn't give it (${reason.trim()}).`);
    return undefined;
  }
}

async function install(folder: string, own: string, progress: Progress): Promise<string> {
  const python = findProgram("python3");
  if (python === undefined) throw new Error("there is no python3");
  await progress.step("Installing ansible-core for the comparison", "30 s", async (note) => {
    await command(python, ["-m", "venv", folder], { timeout: 120_000 });
    await command(join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", REQUIREMENT], {
      timeout: 300_000,
      onLine: note,
    });
  });
  return own;
}

/** Running the other contenders. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { wholeEnvironment } from "../../cli/environment";
import { root } from "../../cli/paths";
import { UserError } from "../../cli/terminal/errors";
import type { Ansible } from "./ansible";

/** Milliseconds after which a contender counts as hanging. */
const LIMIT = 15 * 60_000;

const HERE = join(root, "dev", "bench");

/** Where a contender works, and what ends it early. */
export interface Arena {
  /** The directory with its files. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Runs a part of the bare script. @returns seconds */
export function bare(arena: Arena, part: "bootstrap" | "hosts" | "grow"): Promise<number> {
  return timed(arena, "bash", [join(HERE, "bare.sh"), arena.directory, part], {});
}

/** Runs the playbook, with pipelining and more forks than there are hosts. @returns seconds */
export function ansible({ path }: Ansible, arena: Arena): Promise<number> {
  const args = ["-i", join(arena.directory, "inventory.ini"), join(HERE, "ansible", "site.yml")];
  return timed(arena, path, args, {
    ANSIBLE_FORKS: "16",
    ANSIBLE_PIPELINING: "True",
    ANSIBLE_SSH_USETTY: "False",
    ANSIBLE_SSH_ARGS: `-F ${arena.directory}/ssh_config`,
    ANSIBLE_HOST_KEY_CHECKING: "True",
    ANSIBLE_LOCALHOST_WARNING: "False",
    LC_ALL: "C.UTF-8",
  });
}

async function timed(
  { signal }: Arena,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const began = performance.now();
  try {
    await promisify(execFile)(file, args, {
      signal,
      timeout: LIMIT,
      maxBuffer: 1e8,
      env: wholeEnvironment(env),
    });
  } catch (error) {
    signal.throwIfAborted();
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new UserError(`${[file, ...args].join(" ")} failed:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
  }
  return (performance.now() - began) / 1000;
}

import { spawn } from "node:child_process";
import { join } from "node:path";
import { wholeEnvironment } from "../../cli/environment";
import { root } from "../../cli/paths";

/** Milliseconds that a command gets to end after it was asked to: Pulumi finishes the steps that are under way. */
const GRACE = 120_000;

/** How a command ended. */
export interface Ended {
  readonly code: number;
  /** Whether it had to be killed: Pulumi then leaves the lock of its state behind. */
  readonly killed: boolean;
}

/**
 * Runs a tool of this repository in a process group of its own, its output shown.
 *
 * @param signal asks it to end; it is killed when it hasn't after two minutes
 */
export function runTool(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  grace = GRACE,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "cli", "run.mjs"), ...args], {
      detached: true,
      env: wholeEnvironment(env),
      stdio: ["ignore", "inherit", "inherit"],
    });
    let killed = false;
    let timer: NodeJS.Timeout | undefined;
    const kill = (name: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // It ended in this moment.
      }
    };
    const stop = (): void => {
      kill("SIGINT");
      timer = setTimeout(() => {
        killed = true;
        kill("SIGKILL");
      }, grace);
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve({ code: code ?? 1, killed });
    });
  });
}

/** Starting the Pulumi engine. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { root } from "../paths";
import { UserError } from "../terminal/errors";
import { discardBuiltEngine } from "./build";
import type { Engine } from "./engine";
import { statFields } from "../workstation/process-identity.cjs";

/** How a Pulumi engine run ended. */
export interface RunResult {
  /** The exit code; 128 and more for a Pulumi engine that a signal ended. */
  readonly code: number;
  /** What it wrote; empty unless it was captured. */
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a Pulumi engine. */
export interface ExecOptions {
  /** The project's directory. @default the clone */
  readonly cwd?: string;
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether output is kept, instead of shown. @default false */
  readonly capture?: boolean;
  /** Its standard input, where output is captured. @default empty */
  readonly input?: string;
  /** Gets each line of standard output, which then is neither kept nor shown. @default none */
  readonly onLine?: (line: string) => void;
  /** Ends the run as Ctrl-C does: the Pulumi engine finishes what is under way. @default it runs to its end */
  readonly signal?: AbortSignal;
}

/** Numbers of the signals that end a Pulumi engine, for exit codes as shells have them. */
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Errors that show a broken program file. Others (memory, processes, arguments) have other causes. */
const BROKEN_FILE = ["ENOEXEC", "EACCES", "ENOENT"];

/** What to do about a Pulumi engine that doesn't start. A built one is removed only if it is broken: building it takes minutes. */
function remedyFor(engine: Engine, error: NodeJS.ErrnoException): string {
  // A missing working directory gives ENOENT, too; then the program still exists.
  const broken = BROKEN_FILE.includes(error.code ?? "") && (error.code !== "ENOENT" || !existsSync(engine.path));
  if (!broken) return "Fix that, then run this again.";
  if (engine.kind !== "kit") return "Install it again.";
  discardBuiltEngine();
  return "It was removed: run this again to rebuild it.";
}

/** Whether this process is in its terminal's foreground: the terminal then sends Ctrl-C to the Pulumi engine, too. */
function inForeground(): boolean {
  try {
    const [, , group, , terminal, foreground] = statFields(readFileSync("/proc/self/stat", "utf8"));
    return terminal !== "0" && group === foreground;
  } catch {
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY; // No /proc, e.g. macOS.
  }
}

/**
 * Where a Pulumi engine's output goes: directly to a terminal, or else through this process. SIGPIPE would kill a Pulumi engine that
 * writes into a pipe without a reader (`| head`), in the middle of an update.
 */
function channel(stream: NodeJS.WriteStream): "inherit" | "pipe" {
  return stream.isTTY ? "inherit" : "pipe";
}

/** Runs a Pulumi engine to its end. @throws UserError when it can't be started at all */
export function execEngine(engine: Engine, args: readonly string[], options: ExecOptions): Promise<RunResult> {
  const capture = options.capture === true;
  const child = spawn(engine.path, args, {
    cwd: options.cwd ?? root,
    env: options.env,
    stdio: capture
      ? [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"]
      : ["inherit", options.onLine === undefined ? channel(process.stdout) : "pipe", channel(process.stderr)],
  });
  // One that ends before it has read everything says why by itself.
  child.stdin?.on("error", () => undefined).end(options.input);
  const stop = (): void => {
    child.kill("SIGINT");
  };
  // A terminal sends Ctrl-C to the Pulumi engine itself. This process must outlive it, and passes on signals that only it got.
  const interrupted = (): void => {
    if (!inForeground()) stop();
  };
  const handOn = (): void => {
    child.kill("SIGTERM");
  };
  process.on("SIGINT", interrupted).on("SIGTERM", handOn).on("SIGHUP", handOn);
  options.signal?.addEventListener("abort", stop, { once: true });
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const take = (name: "stdout" | "stderr") => (data: Buffer) => {
    if (capture) kept[name].push(data);
    else process[name].write(data);
  };
  if (options.onLine === undefined) child.stdout?.on("data", take("stdout"));
  else if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", options.onLine);
  child.stderr?.on("data", take("stderr"));
  if (options.signal?.aborted === true) stop();
  return new Promise<RunResult>((resolve, reject) => {
    child.on("error", (error) => {
      const remedy = remedyFor(engine, error);
      reject(new UserError(`The Pulumi engine ${engine.path} can't be started (${error.message}). ${remedy}`));
    });
    child.on("close", (code, signal) => {
      const text = (parts: Buffer[]): string => Buffer.concat(parts).toString();
      resolve({
        code: code ?? 128 + (SIGNALS[signal ?? ""] ?? 0),
        stdout: text(kept.stdout),
        stderr: text(kept.stderr),
      });
    });
  }).finally(() => {
    process.off("SIGINT", interrupted).off("SIGTERM", handOn).off("SIGHUP", handOn);
    options.signal?.removeEventListener("abort", stop);
  });
}

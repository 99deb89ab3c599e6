/** Starting the engine. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { root } from "../paths";
import { UserError } from "../terminal/errors";
import { discardBuiltEngine } from "./build";
import type { Engine } from "./engine";
import { statFields } from "../workstation/process-identity.cjs";

/** How an engine run ended. */
export interface RunResult {
  /** The exit code; 128 and more for an engine that a signal ended. */
  readonly code: number;
  /** What it wrote; empty unless it was captured. */
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run an engine. */
export interface ExecOptions {
  /** The project's directory. @default the clone */
  readonly cwd?: string;
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether output is kept, instead of shown. @default false */
  readonly capture?: boolean;
  /** Gets each line of standard output, which then is neither kept nor shown. @default there is nobody who wants them */
  readonly onLine?: (line: string) => void;
  /** Ends the run as Ctrl-C does: the engine finishes what is under way. @default it runs to its end */
  readonly signal?: AbortSignal;
}

/** Numbers of the signals that end engines, for exit codes as shells have them. */
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Errors of starting a program that are the file's own; any other (memory, processes, arguments) says nothing of it. */
const BROKEN_FILE = ["ENOEXEC", "EACCES", "ENOENT"];

/** What helps against an engine that doesn't start. A built one that is broken is removed: minutes of work, so only then. */
function remedyFor(engine: Engine, error: NodeJS.ErrnoException): string {
  // ENOENT is also what a missing working directory gives; then the program is still there.
  const broken = BROKEN_FILE.includes(error.code ?? "") && (error.code !== "ENOENT" || !existsSync(engine.path));
  if (!broken) return "Run this again once that is put right.";
  if (engine.kind !== "kit") return "Install it again.";
  discardBuiltEngine();
  return "It is removed: run this again, and it is built anew.";
}

/** Whether this process is in its terminal's foreground, where the engine gets a Ctrl-C without anybody's help. */
function inForeground(): boolean {
  try {
    const [, , group, , terminal, foreground] = statFields(readFileSync("/proc/self/stat", "utf8"));
    return terminal !== "0" && group === foreground;
  } catch {
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY; // No /proc, e.g. macOS.
  }
}

/**
 * Where an engine's output goes: to a terminal by itself, anywhere else through this process. An engine that wrote into a
 * pipe without a reader (`| head`) would be killed by that, in the middle of an update.
 */
function channel(stream: NodeJS.WriteStream): "inherit" | "pipe" {
  return stream.isTTY ? "inherit" : "pipe";
}

/** Runs an engine to its end. @throws UserError when it can't be started at all */
export function execEngine(engine: Engine, args: readonly string[], options: ExecOptions): Promise<RunResult> {
  const capture = options.capture === true;
  const child = spawn(engine.path, args, {
    cwd: options.cwd ?? root,
    env: options.env,
    stdio: capture
      ? ["ignore", "pipe", "pipe"]
      : ["inherit", options.onLine === undefined ? channel(process.stdout) : "pipe", channel(process.stderr)],
  });
  const stop = (): void => {
    child.kill("SIGINT");
  };
  // A terminal sends Ctrl-C to the engine itself; this process has to outlive it, and hands on what only it was sent.
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

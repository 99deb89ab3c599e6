/** Running programs: their output kept for the error, a time limit, and nothing left behind when it passes. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { environmentFor, type Recipient } from "../environment";
import { UserError } from "../terminal/errors";

/** How to run a command. */
export interface CommandOptions {
  /** Milliseconds until it is stopped and counted as failed. */
  readonly timeout: number;
  /** Which variables of this process's environment it gets. @default those of programs that set-up runs */
  readonly as?: Recipient;
  /** Additions to them. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input, the place for a password. @default empty */
  readonly input?: string;
  /** Called with each line of its output, e.g. to show progress. @default not called */
  readonly onLine?: (line: string) => void;
  /** Applied to all that an error shows, e.g. to keep credentials out of it. @default nothing is changed */
  readonly redact?: (text: string) => string;
}

/** How many of a failed command's last lines its error shows. */
const SHOWN_LINES = 20;

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to stdout
 * @throws UserError naming the command, how it ended, and its last lines
 */
export function command(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    let stdout = "";
    let expired = false;
    // A process group of its own, so that the time limit also ends what the command has started.
    const child = spawn(file, args, {
      detached: true,
      env: { ...environmentFor(options.as ?? "program"), ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Ignore write errors: a program may exit before it reads its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    const kill = (signal: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // It ended by itself in this very moment.
      }
    };
    const timer = setTimeout(() => {
      expired = true;
      kill("SIGTERM");
      setTimeout(() => {
        kill("SIGKILL");
      }, 10_000).unref();
    }, options.timeout);
    // The group gets neither a terminal's Ctrl-C nor its hang-up: hand it on, and end only after the command has ended.
    const forward = (signal: NodeJS.Signals) => {
      kill(signal);
      child.once("close", () => process.exit(130));
    };
    process.once("SIGINT", forward).once("SIGTERM", forward).once("SIGHUP", forward);
    const watch = (keep: boolean) => (chunk: string) => {
      if (keep) stdout += chunk;
      for (const line of chunk.split(/[\r\n]+/).filter((text) => text.trim() !== "")) {
        lines.push(line);
        if (lines.length > SHOWN_LINES) lines.shift();
        options.onLine?.(line);
      }
    };
    child.stdout.setEncoding("utf8").on("data", watch(true));
    child.stderr.setEncoding("utf8").on("data", watch(false));
    const failed = (how: string) => {
      const text = [`\`${[file, ...args].join(" ")}\` ${how}`, ...lines.map((line) => `  ${line}`)].join("\n");
      reject(new UserError(options.redact?.(text) ?? text));
    };
    const done = () => {
      clearTimeout(timer);
      process.off("SIGINT", forward).off("SIGTERM", forward).off("SIGHUP", forward);
    };
    child.on("error", (error) => {
      done();
      failed(`could not be started: ${error.message}`);
    });
    child.on("close", (code, signal) => {
      done();
      if (expired) failed(`did not end within ${options.timeout / 1000} s and was stopped`);
      else if (code === 0) resolve(stdout);
      else failed(`failed (${code === null ? `signal ${signal ?? "unknown"}` : `exit code ${code}`})`);
    });
  });
}

/** The path of a program on PATH or in the system's directories (which a user's PATH may lack), if there is one. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

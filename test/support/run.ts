/** Programs and waits for tests: everything ends within its limit, and says what it saw last. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** How a program ended. */
export interface Ran {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as they came. */
  readonly output: string;
  readonly seconds: number;
}

/** How to run a program. */
export interface RunOptions {
  /** Seconds after which it is killed, with all that it started. */
  readonly limit: number;
  /** @default this process's own */
  readonly env?: NodeJS.ProcessEnv;
  /** Standard input. @default empty */
  readonly input?: string | Buffer;
  /** Told of the output as it comes, and may kill the program and all of its process group the hard way. */
  readonly watch?: (output: string, kill: () => void) => void;
}

/** Ends what is under way. */
const running = new Set<() => void>();

/** Kills every program that {@link run} has started, with all that it has started. */
export function endAll(): void {
  for (const kill of running) kill();
}

/** Runs a program in a process group of its own. @throws Error when it takes longer than its limit */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const begun = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: options.env ?? process.env, detached: true });
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
    };
    running.add(kill);
    const [out, err, all]: [string[], string[], string[]] = [[], [], []];
    const keep = (own: string[]) => (data: Buffer) => {
      own.push(data.toString());
      all.push(data.toString());
      options.watch?.(all.join(""), kill);
    };
    child.stdout.on("data", keep(out));
    child.stderr.on("data", keep(err));
    // A program that ends without reading its input is its own affair.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    const what = `${program} ${args.join(" ")}`.slice(0, 200);
    const timer = setTimeout(() => {
      kill();
      reject(new Error(`${what}: not done after ${options.limit} s; last output:\n${all.join("").slice(-2000)}`));
    }, options.limit * 1000);
    child.on("error", (error) => {
      running.delete(kill);
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code) => {
      running.delete(kill);
      clearTimeout(timer);
      const seconds = (Date.now() - begun) / 1000;
      resolve({ code, stdout: out.join(""), stderr: err.join(""), output: all.join(""), seconds });
    });
  });
}

/** Runs a program that has to succeed. @returns its standard output */
export async function succeed(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const ran = await run(program, args, options);
  if (ran.code === 0) return ran.stdout;
  const what = `${program} ${args.join(" ")}`.slice(0, 200);
  throw new Error(`${what} ended with ${String(ran.code)}:\n${ran.output.slice(-4000)}`);
}

/**
 * Repeats a check until it returns something else than a complaint (a string that says what it saw) or throws no more.
 *
 * @returns seconds that it took
 */
export async function until(what: string, limit: number, check: () => Promise<string | undefined>): Promise<number> {
  const begun = Date.now();
  for (;;) {
    const seen = await check().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    const seconds = (Date.now() - begun) / 1000;
    if (seen === undefined) return seconds;
    if (seconds > limit) throw new Error(`waited ${limit} s for ${what}; saw last: ${seen}`);
    await sleep(300);
  }
}

/** Prints a measured figure below the test that measured it. */
export function figure(what: string, seconds: number): void {
  console.log(`        ${what}: ${seconds.toFixed(1)} s`);
}

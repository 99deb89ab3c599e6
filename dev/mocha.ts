/** Runs of mocha: their outcome, and their output, at once or when they end. */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wholeEnvironment } from "../cli/environment";
import { root } from "../cli/paths";
import type { Ended, Tally } from "./reporter";
import { outcomeOf, type Lane, type Outcome } from "./suites";

/** How many files run at a time where their order doesn't matter: most wait half of their time. */
const JOBS = "2";

/**
 * Room for young objects, MiB; mocha's workers inherit it. With Node's own 16, collecting them takes a third of the time
 * of tests that evaluate the program (measured: 54 s of processor time for 200 stacks, 43 s with 64).
 */
const YOUNG = ["--max-semi-space-size=64"];

/** Who is told how a run goes whose output comes at its end. */
export interface Watch {
  readonly ended: (ended: Ended) => void;
  /** Gets all of the output, as it was printed. */
  readonly output: (text: Buffer) => void;
}

/** The runs that haven't ended. */
const running = new Set<ChildProcess>();
let interrupted = false;

/**
 * Runs the tests of a lane.
 *
 * @param more options of mocha; they come last and hold
 * @param watch @default the output goes to this process's own, at once
 */
export async function runLane(lane: Lane, more: readonly string[], watch?: Watch): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), "swarm-ha-test-"));
  const tally = join(scratch, "tally.json");
  const parallel = lane.twoAtATime ? ["--parallel", "--jobs", JOBS] : [];
  const options = ["--timeout", String(lane.suite.timeout), "--reporter", join(root, "dev/reporter.ts")];
  try {
    const exitCode = await mocha([...parallel, ...options, ...more, ...lane.files], tally, watch);
    return outcomeOf(readTally(tally), exitCode);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @returns mocha's exit code; null if a signal ended it, or all of them */
function mocha(args: readonly string[], tally: string, watch: Watch | undefined): Promise<number | null> {
  // While others end, the next lane's turn comes.
  if (interrupted) return Promise.resolve(null);
  const program = join(root, "node_modules/mocha/bin/mocha.js");
  const env = wholeEnvironment({ SWARM_HA_TALLY: tally });
  const stdio: StdioOptions = watch === undefined ? "inherit" : ["ignore", "pipe", "pipe", "ipc"];
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [...YOUNG, program, ...args], { cwd: root, env, stdio });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("message", (message) => watch?.ended(message as Ended));
    child.on("error", reject);
    if (running.size === 0) process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
    running.add(child);
    child.on("close", (code) => {
      running.delete(child);
      watch?.output(Buffer.concat(output));
      if (running.size === 0) {
        process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
        if (interrupted) process.exit(130);
      }
      resolve(code);
    });
  });
}

/** Ends all runs by the signal that this process got: each cleans up first. The next signal ends this process at once. */
function interrupt(signal: NodeJS.Signals): void {
  interrupted = true;
  for (const child of running) child.kill(signal);
}

function readTally(file: string): Tally | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Tally;
  } catch {
    return undefined;
  }
}

/**
 * `npm test [-- <suite…> [mocha's options]]`: set-up, then the suites of test/, each by mocha. The last line is
 * `N passed, N failed, N skipped`, summed up over them.
 *
 * Suites that make stacks run one at a time on this workstation, whoever starts them and from whichever clone: the stacks'
 * names, addresses and ports are fixed, and each run begins with removing what an interrupted one has left.
 */
import { spawn, type StdioOptions } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import type { Tally } from "./reporter";
import { wholeEnvironment } from "../cli/environment";
import { root } from "../cli/paths";
import { prepareWorkstation } from "../cli/workstation/prepare";
import { runMain } from "../cli/terminal/errors";
import { withLock } from "../cli/workstation/lock.cjs";
import { duration } from "../cli/terminal/progress";
import { chooseSuites, isGood, lastLine, outcomeOf, sum, type Outcome, type Suite } from "./suites";

/** Set-up that failed counts as a failed test, in the last line too. */
function setupFailed(why: string): Outcome {
  console.error(`error: ${why}`);
  return { passed: 0, failed: 1, skipped: 0, failures: [why] };
}

/** How many files run at a time where their order doesn't matter: most wait half of their time. */
const JOBS = "2";

/**
 * Room for young objects, MiB; mocha's workers inherit it. With Node's own 16, collecting them takes a third of the time
 * of tests that evaluate the program (measured: 54 s of processor time for 200 stacks, 43 s with 64).
 */
const YOUNG = ["--max-semi-space-size=64"];

/** The suites that make stacks. */
const ALONE: readonly Suite["name"][] = ["e2e", "rehearsal", "rehearsal-whole", "long"];
/** Held while one of them runs. Not in the cache: each user, and CI too, may have another one. */
const LOCK = join(tmpdir(), "swarm-ha-tests.lock");
/** Milliseconds to wait for another run. */
const WAIT_LIMIT = 3_600_000;

// Tests need the package registries alone, and download nothing else.
process.env["SWARM_HA_DOWNLOADS"] ??= "never";

runMain(async () => {
  const { suites, mochaArgs: given } = chooseSuites(process.argv.slice(2));
  const mochaArgs = given.flatMap(filesOf);
  const outcomes: Outcome[] = [];
  for (const suite of suites) {
    const started = Date.now();
    const work = () => runSuite(suite, mochaArgs);
    const outcome = await attempt(async () => {
      if (suite.needsEngines) await prepareWorkstation();
      return ALONE.includes(suite.name) ? alone(work) : work();
    });
    outcomes.push({ ...outcome, failures: outcome.failures.map((one) => `${suite.name}: ${one}`) });
    console.log(`${suite.name}: ${lastLine(outcome)} (${duration(Date.now() - started)})\n`);
  }
  const all = sum(outcomes);
  // Once more at the end: CI may show only the end of half an hour of output.
  if (all.failures.length > 0) console.log(`Failed:\n${all.failures.map((one) => `\n  ${one}`).join("\n")}\n`);
  console.log(lastLine(all));
  return isGood(all) ? 0 : 1;
});

/** The tests in a folder of an argument, in their order; any other argument as it is. */
function filesOf(argument: string): string[] {
  const folder = join(root, argument);
  if (!argument.startsWith(`test${sep}`) || !existsSync(folder) || !statSync(folder).isDirectory()) return [argument];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".test.ts"));
  return files.sort().map((file) => join(argument, file));
}

/** @returns a failure, printed on standard error, if something other than a test fails */
async function attempt(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    return setupFailed(error instanceof Error ? error.message : String(error));
  }
}

/** Does the work when no other tests run on this workstation. @throws UserError when they run for too long */
function alone(work: () => Promise<Outcome>): Promise<Outcome> {
  const wait = (pid: number): void => {
    const limit = duration(WAIT_LIMIT);
    console.log(`Waiting for the tests that process ${pid} runs on this workstation; ${limit} at most …`);
  };
  return withLock(LOCK, work, wait, WAIT_LIMIT);
}

async function runSuite({ name, timeout, inOrder = [] }: Suite, mochaArgs: readonly string[]): Promise<Outcome> {
  const folder = join("test", name);
  const files = existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    : [];
  const tests = files.filter((file) => file.endsWith(".test.ts")).map((file) => join(folder, file));
  if (tests.length === 0) return setupFailed(`there are no tests (*.test.ts) in ${folder}`);
  const options = ["--timeout", String(timeout), "--reporter", join(root, "dev/reporter.ts"), ...mochaArgs];
  // With files of their own in the arguments, mocha would run both: then it is for those alone.
  if (mochaArgs.some((argument) => argument.endsWith(".ts"))) return runMocha(options);
  const isInOrder = (file: string): boolean => inOrder.some((part) => file.startsWith(join(folder, part) + sep));
  const [first, others] = [tests.filter(isInOrder).sort(), tests.filter((file) => !isInOrder(file)).sort()];
  // What a person asks for (`--no-parallel`) comes last and holds.
  const parallel = ["--parallel", "--jobs", JOBS, ...options, ...others];
  if (first.length === 0) return runMocha(parallel);
  if (others.length === 0) return runMocha([...options, ...first]);
  // Side by side: the first ones wait for hosts half of their time. One output comes after the other.
  const later = new OutputForLater();
  const rest = runMocha(parallel, later);
  // Its failure is awaited below. Until then nobody else takes it, and Node would end the process.
  rest.catch(() => undefined);
  try {
    return sum([await runMocha([...options, ...first]), await rest]);
  } finally {
    await rest.catch(() => undefined);
    later.print();
  }
}

/** Output of a process that is printed when it no longer mixes with another one's. */
class OutputForLater {
  private readonly chunks: Buffer[] = [];

  public add(chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  public print(): void {
    process.stdout.write(Buffer.concat(this.chunks));
  }
}

/** @param later takes the output @default it goes to this process's own */
async function runMocha(args: readonly string[], later?: OutputForLater): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), "swarm-ha-test-"));
  const tallyFile = join(scratch, "tally.json");
  try {
    const exitCode = await mocha(args, tallyFile, later);
    return outcomeOf(readTally(tallyFile), exitCode);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @returns mocha's exit code; null if a signal ended it */
function mocha(args: readonly string[], tallyFile: string, later?: OutputForLater): Promise<number | null> {
  const program = join(root, "node_modules/mocha/bin/mocha.js");
  const env = wholeEnvironment({ SWARM_HA_TALLY: tallyFile });
  return new Promise((resolve, reject) => {
    const stdio: StdioOptions = later === undefined ? "inherit" : ["ignore", "pipe", "pipe"];
    const child = spawn(process.execPath, [...YOUNG, program, ...args], { cwd: root, env, stdio });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => later?.add(chunk));
    const forward = (signal: NodeJS.Signals) => {
      child.kill(signal);
      child.once("close", () => process.exit(130));
    };
    process.once("SIGINT", forward).once("SIGTERM", forward);
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", forward).off("SIGTERM", forward);
      resolve(code);
    });
  });
}

function readTally(file: string): Tally | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Tally;
  } catch {
    return undefined;
  }
}

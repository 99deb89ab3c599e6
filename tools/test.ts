/**
 * `npm test [-- <suite…> [mocha's options]]`: set-up, then the suites of test/, each in a mocha of its own. The last line
 * is `N passed, N failed, N skipped`, summed up over them.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tally } from "../test/support/reporter";
import { root } from "./paths";
import { prepareMachine } from "./setup/machine";
import { runMain } from "./setup/errors";
import { duration } from "./setup/progress";
import { chooseSuites, isGood, lastLine, outcomeOf, sum, type Outcome, type Suite } from "./setup/suites";

/** Set-up that failed counts as a failed test: the last line must never look good then. */
const SETUP_FAILED: Outcome = { passed: 0, failed: 1, skipped: 0 };

runMain(async () => {
  const { suites, mochaArgs } = chooseSuites(process.argv.slice(2));
  const outcomes: Outcome[] = [];
  for (const suite of suites) {
    const started = Date.now();
    const outcome = (await isPrepared(suite)) ? await runSuite(suite, mochaArgs) : SETUP_FAILED;
    outcomes.push(outcome);
    console.log(`${suite.name}: ${lastLine(outcome)} (${duration(Date.now() - started)})\n`);
  }
  const all = sum(outcomes);
  console.log(lastLine(all));
  return isGood(all) ? 0 : 1;
});

async function isPrepared(suite: Suite): Promise<boolean> {
  if (!suite.needsEngines) return true;
  try {
    await prepareMachine();
    return true;
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function runSuite({ name, timeout }: Suite, mochaArgs: readonly string[]): Promise<Outcome> {
  const folder = join(root, "test", name);
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  const tests = files.filter((file) => file.endsWith(".test.ts")).map((file) => join("test", name, file));
  if (tests.length === 0) {
    console.error(`error: there are no tests (*.test.ts) in test/${name}`);
    return outcomeOf(undefined, 1);
  }
  const scratch = mkdtempSync(join(tmpdir(), "swarm-ha-test-"));
  const tallyFile = join(scratch, "tally.json");
  try {
    const options = ["--timeout", String(timeout), "--reporter", join(root, "test/support/reporter.ts")];
    // With files of their own in the arguments, mocha would run both: then it is for those alone.
    const chosen = mochaArgs.some((argument) => argument.endsWith(".ts")) ? [] : tests.sort();
    const exitCode = await mocha([...options, ...chosen, ...mochaArgs], tallyFile);
    return outcomeOf(readTally(tallyFile), exitCode);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @returns mocha's exit code; null if a signal ended it */
function mocha(args: readonly string[], tallyFile: string): Promise<number | null> {
  const program = join(root, "node_modules/mocha/bin/mocha.js");
  const env = { ...process.env, SWARM_HA_TALLY: tallyFile };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: root, env, stdio: "inherit" });
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

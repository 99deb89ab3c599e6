/**
 * `npm test [-- <suite…> [mocha's options]]`: set-up, then the suites of test/, by mocha. The last line is
 * `N passed, N failed, N skipped`, summed up over them.
 *
 * Suites without containers use all processors, and come one after the other. The lanes of the others run side by side: a line
 * tells when a group of tests has ended, and the output of a lane comes when it has.
 *
 * Suites that make stacks run one at a time on this workstation, whoever starts them and from whichever clone: the stacks'
 * names, addresses and ports are fixed, and each run begins with removing what an interrupted one has left.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, posix } from "node:path";
import { atATime } from "../cli/cluster/at-a-time";
import { root } from "../cli/paths";
import { runMain } from "../cli/terminal/errors";
import { duration } from "../cli/terminal/progress";
import { withLock } from "../cli/workstation/lock.cjs";
import { prepareWorkstation } from "../cli/workstation/prepare";
import { runLane, type Watch } from "./mocha";
import {
  chooseSuites,
  isGood,
  lanesAtATime,
  lanesOf,
  lastLine,
  longestFirst,
  sum,
  type Lane,
  type Outcome,
  type Suite,
} from "./suites";
import { raiseWatchLimit } from "./watches";

/** Held while tests make stacks. Not in the cache: each user, and CI too, may have another one. */
const LOCK = join(tmpdir(), "swarm-ha-tests.lock");
/** Milliseconds to wait for another run. */
const WAIT_LIMIT = 3_600_000;

// Tests need the package registries alone, and download nothing else.
process.env["SWARM_HA_DOWNLOADS"] ??= "never";

runMain(async () => {
  const { suites, mochaArgs } = chooseSuites(process.argv.slice(2));
  const given = mochaArgs.flatMap(filesOf);
  const isFile = (argument: string): boolean => argument.endsWith(".test.ts");
  const [named, options] = [given.filter(isFile), given.filter((argument) => !isFile(argument))];
  const lanes = (suite: Suite): Lane[] =>
    lanesOf(suite, named.length > 0 ? named : filesOf(posix.join("test", suite.name)).filter(isFile));

  const outcomes: Outcome[] = [];
  for (const suite of suites.filter(({ needsEngines }) => !needsEngines))
    for (const lane of lanes(suite)) outcomes.push(await run(lane, options));
  const others = longestFirst(suites.filter(({ needsEngines }) => needsEngines).flatMap(lanes));
  if (others.length > 0) outcomes.push(await withEngines(() => sideBySide(others, options)));
  if (outcomes.length === 0) outcomes.push(setupFailed("There are no tests."));

  const all = sum(outcomes);
  // Once more at the end: CI may show only the end of half an hour of output.
  if (all.failures.length > 0) console.log(`Failed:\n${all.failures.map((one) => `\n  ${one}`).join("\n")}\n`);
  console.log(lastLine(all));
  return isGood(all) ? 0 : 1;
});

/** The tests in a folder of an argument, in their order; any other argument as it is. */
function filesOf(argument: string): string[] {
  const folder = join(root, argument);
  if (!argument.startsWith("test/") || !existsSync(folder) || !statSync(folder).isDirectory()) return [argument];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".test.ts"));
  return files.sort().map((file) => join(argument, file));
}

/** Does work when no other tests make stacks on this workstation. @returns a failed test when set-up fails */
async function withEngines(work: () => Promise<Outcome>): Promise<Outcome> {
  const wait = (pid: number): void => {
    const limit = duration(WAIT_LIMIT);
    console.log(`Waiting for the tests that process ${pid} runs on this workstation; ${limit} at most …`);
  };
  try {
    await prepareWorkstation();
    raiseWatchLimit();
    return await withLock(LOCK, work, wait, WAIT_LIMIT);
  } catch (error) {
    return setupFailed(error instanceof Error ? error.message : String(error));
  }
}

/** Set-up that failed counts as a failed test, in the last line too. */
function setupFailed(why: string): Outcome {
  console.error(`error: ${why}`);
  return { passed: 0, failed: 1, skipped: 0, failures: [why] };
}

/** Runs lanes, some at a time. The output of one that is alone comes at once. */
async function sideBySide(lanes: readonly Lane[], options: readonly string[]): Promise<Outcome> {
  const [only, another] = lanes;
  if (only !== undefined && another === undefined) return run(only, options);
  return sum(await atATime(lanes, lanesAtATime(availableParallelism()), (lane) => run(lane, options, watchOf(lane))));
}

async function run(lane: Lane, options: readonly string[], watch?: Watch): Promise<Outcome> {
  const started = Date.now();
  const outcome = await runLane(lane, options, watch);
  console.log(`${lane.title}: ${lastLine(outcome)} (${duration(Date.now() - started)})\n`);
  return { ...outcome, failures: outcome.failures.map((one) => `${lane.suite.name}: ${one}`) };
}

function watchOf(lane: Lane): Watch {
  console.log(`${lane.title}: begins; its output comes at its end`);
  return {
    ended({ file, title, failed, seconds }) {
      const how = failed === 0 ? "passed" : `${String(failed)} FAILED`;
      console.log(`${lane.title}: ${how}, ${duration(seconds * 1000)}: ${title} (${file})`);
    },
    output: (text) => void process.stdout.write(text),
  };
}

/**
 * Mocha's spec reporter, which also prints each error at once, and counts in the file that SWARM_HA_TALLY names, up to date
 * after each test: `npm test` sums up several runs of mocha, also one that crashed. With several files at a time, mocha
 * reports a file's tests when it is done. Where `npm test` prints the output later, it is told of each outermost `describe`
 * that ends.
 */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { reporters, Runner, type MochaOptions, type Suite, type Test } from "mocha";

/** How many tests of a run of mocha ended how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Whether mocha ran to its end. */
  readonly complete: boolean;
  /** What failed: titles and errors. */
  readonly failures: readonly string[];
}

/** An outermost `describe` that has ended. */
export interface Ended {
  readonly file: string;
  readonly title: string;
  readonly failed: number;
  /** With its hooks; without them where several files run at a time. */
  readonly seconds: number;
}

class TallyReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const all: string[] = [];
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test: Test, error: Error & { readonly file?: string }) => {
      const what = (error.stack ?? error.message).replace(/^/gm, "      ");
      process.stdout.write(`${what}\n`);
      // A file whose process has died is named by the error alone.
      const file = test.file ?? error.file;
      all.push(`${file === undefined ? "outside of files" : relative("", file)}\n    ${test.fullTitle()}\n${what}`);
    });
    tellOfEnds(runner);
    const file = process.env["SWARM_HA_TALLY"];
    if (file === undefined) return;
    const write = (complete: boolean) => {
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      writeFileSync(file, JSON.stringify({ passed, failed, skipped, complete, failures: all } satisfies Tally));
    };
    const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Runner.constants;
    for (const event of [EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING]) {
      runner.on(event, () => {
        write(false);
      });
    }
    // Failures of files whose processes have died may come after it.
    runner.on(EVENT_RUN_END, () => {
      write(true);
    });
  }
}

function tellOfEnds(runner: Runner): void {
  if (process.send === undefined) return;
  const { EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_END, EVENT_TEST_FAIL } = Runner.constants;
  let [depth, begun, testing, failed, file] = [0, 0, 0, 0, ""];
  runner.on(EVENT_SUITE_BEGIN, (suite: Suite) => {
    if (suite.root) return;
    depth++;
    if (depth === 1) [begun, testing, failed, file] = [Date.now(), 0, 0, suite.file ?? ""];
  });
  runner.on(EVENT_TEST_END, (test: Test) => {
    testing += test.duration ?? 0;
    file = test.file ?? file;
  });
  runner.on(EVENT_TEST_FAIL, () => {
    failed++;
  });
  runner.on(EVENT_SUITE_END, (suite: Suite) => {
    if (suite.root) return;
    depth--;
    if (depth > 0) return;
    const seconds = Math.max(Date.now() - begun, testing) / 1000;
    process.send?.({ file: relative("", file), title: suite.title, failed, seconds } satisfies Ended);
  });
}

module.exports = TallyReporter;

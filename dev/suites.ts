/** The test suites: what belongs to each, and how its outcome is counted. */

/** A folder of test/ that `npm test` runs as one. */
export interface Suite {
  readonly name: "unit" | "component" | "e2e" | "rehearsal" | "rehearsal-whole" | "long";
  /** Milliseconds that one test of it may take unless it says otherwise. */
  readonly timeout: number;
  /** Does it need a Docker engine, the host image and a Pulumi engine? */
  readonly needsEngines: boolean;
  /**
   * Folders of it whose files run one after the other, in the order of their names; beside them, two at a
   * time, all others.
   *
   * @default none
   */
  readonly inOrder?: readonly string[];
}

/** In the order in which they run: the cheapest first. */
export const SUITES: readonly Suite[] = [
  { name: "unit", timeout: 30_000, needsEngines: false },
  { name: "component", timeout: 60_000, needsEngines: false },
  // The files of cluster/ share a stack, and those of hosts/ another one; they and those of platform/ measure, and setup/
  // starts another Docker engine.
  { name: "e2e", timeout: 600_000, needsEngines: true, inOrder: ["cluster", "hosts", "platform", "setup"] },
  // The simulated AWS has one range of public addresses.
  { name: "rehearsal", timeout: 600_000, needsEngines: true, inOrder: ["substrate", "drive"] },
  { name: "rehearsal-whole", timeout: 1_800_000, needsEngines: true, inOrder: ["."] },
  { name: "long", timeout: 3_600_000, needsEngines: true, inOrder: ["."] },
];

/** What `npm test` runs when no suite is named: all but the long drills. */
const DEFAULT_SUITES = SUITES.filter(({ name }) => name !== "long" && name !== "rehearsal-whole");

/**
 * Reads `npm test`'s arguments: names of suites, and for mocha whatever else there is (`-g <pattern>`, files).
 *
 * @returns the suites in their order
 */
export function chooseSuites(args: readonly string[]): { suites: readonly Suite[]; mochaArgs: readonly string[] } {
  const isSuite = (argument: string) => SUITES.some(({ name }) => name === argument);
  const firstOther = args.findIndex((argument) => !isSuite(argument));
  const named = firstOther === -1 ? args : args.slice(0, firstOther);
  const suites = named.length === 0 ? DEFAULT_SUITES : SUITES.filter(({ name }) => named.includes(name));
  return { suites, mochaArgs: args.slice(named.length) };
}

/** How many tests ended how. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Titles and errors of those that failed, to be said once more at the end. */
  readonly failures: readonly string[];
}

/**
 * A suite's outcome from its tally and how its process ended: a suite that crashed, or ended badly without a failed
 * test, counts one failure more.
 */
export function outcomeOf(
  tally: (Outcome & { readonly complete: boolean }) | undefined,
  exitCode: number | null,
): Outcome {
  const { passed, failed, skipped, failures } = tally ?? { passed: 0, failed: 0, skipped: 0, failures: [] };
  const crashed = tally?.complete !== true || (exitCode !== 0 && failed === 0);
  if (!crashed) return { passed, failed, skipped, failures };
  const crash = `mocha crashed (${exitCode === null ? "a signal" : `exit code ${String(exitCode)}`})`;
  return { passed, failed: failed + 1, skipped, failures: [...failures, crash] };
}

/** The outcome of all. */
export function sum(outcomes: readonly Outcome[]): Outcome {
  const total = (key: "passed" | "failed" | "skipped") => outcomes.reduce((all, outcome) => all + outcome[key], 0);
  return {
    passed: total("passed"),
    failed: total("failed"),
    skipped: total("skipped"),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

/** The last line of `npm test`. */
export function lastLine({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Good only if nothing failed and something ran. */
export function isGood({ passed, failed }: Outcome): boolean {
  return failed === 0 && passed > 0;
}

/** The test suites: what belongs to each, what of it runs side by side, and how its outcome is counted. */
import { posix } from "node:path";

/** A folder of test/ that `npm test` runs as one. */
export interface Suite {
  readonly name: "unit" | "component" | "e2e" | "rehearsal" | "rehearsal-whole" | "long";
  /** Milliseconds that one test of it may take unless it says otherwise. */
  readonly timeout: number;
  /** Does it need a Docker engine, the host image and a Pulumi engine? */
  readonly needsEngines: boolean;
  /**
   * Lanes: the files of a lane's folders run one after the other, in the order of the folders and of the files' names. All
   * other files of the suite are one more lane, two at a time.
   *
   * @default none
   */
  readonly inOrder?: readonly { readonly folders: readonly string[]; readonly minutes: number }[];
  /** Minutes that the other files take. Lanes that take longest begin first. @default there are none */
  readonly minutes?: number;
}

/** Files of a suite that one mocha runs. Lanes run side by side: they share no stack. */
export interface Lane {
  readonly suite: Suite;
  /** The suite, and what of it: `e2e hosts`. */
  readonly title: string;
  /** From the repository's folder. */
  readonly files: readonly string[];
  readonly twoAtATime: boolean;
  /** Minutes that it takes on 2 cores, beside others. */
  readonly minutes: number;
}

/** In the order in which they run: the cheapest first. */
export const SUITES: readonly Suite[] = [
  { name: "unit", timeout: 30_000, needsEngines: false, minutes: 2 },
  { name: "component", timeout: 60_000, needsEngines: false, minutes: 1 },
  {
    name: "e2e",
    timeout: 600_000,
    needsEngines: true,
    inOrder: [
      // Each of these has a stack that its files share.
      { folders: ["cluster"], minutes: 24 },
      { folders: ["applications"], minutes: 26 },
      { folders: ["hosts"], minutes: 12 },
      // They measure, and setup/ starts another Docker engine.
      { folders: ["platform", "setup"], minutes: 3 },
    ],
    minutes: 11,
  },
  {
    name: "rehearsal",
    timeout: 600_000,
    needsEngines: true,
    // The files of substrate/ share a range of public addresses. A drive has that of its stack.
    inOrder: [
      { folders: ["drive"], minutes: 6 },
      { folders: ["substrate"], minutes: 6 },
    ],
    minutes: 1,
  },
  { name: "rehearsal-whole", timeout: 1_800_000, needsEngines: true, inOrder: [{ folders: ["."], minutes: 35 }] },
  { name: "long", timeout: 3_600_000, needsEngines: true, inOrder: [{ folders: ["."], minutes: 60 }] },
];

/**
 * The lanes of a suite's tests.
 *
 * @param files all of them, from the repository's folder
 * @returns those that have files
 */
export function lanesOf(suite: Suite, files: readonly string[]): Lane[] {
  const { name, inOrder = [], minutes = 0 } = suite;
  const inFolder = (folder: string) => {
    const start = posix.join("test", name, folder, posix.sep);
    return files.filter((file) => file.startsWith(start)).sort();
  };
  const ordered = inOrder.map(({ folders, ...rest }): Lane => {
    const title = folders.includes(".") ? name : `${name} ${folders.join(", ")}`;
    return { suite, title, files: folders.flatMap(inFolder), twoAtATime: false, ...rest };
  });
  const taken = new Set(ordered.flatMap((lane) => lane.files));
  const others = files.filter((file) => !taken.has(file)).sort();
  const title = ordered.length === 0 ? name : `${name}, the other files`;
  // Two at a time, mocha prints a file's output when the file is done.
  const rest: Lane = { suite, title, files: others, twoAtATime: others.length > 1, minutes };
  return [...ordered, rest].filter((lane) => lane.files.length > 0);
}

/** The order in which lanes begin: with the longest one first, the last one to end ends early. */
export function longestFirst(lanes: readonly Lane[]): Lane[] {
  return [...lanes].sort((a, b) => b.minutes - a.minutes);
}

/** How many lanes run at a time: one more than cores, because tests wait for hosts half of their time. */
export function lanesAtATime(cores: number): number {
  return cores + 1;
}

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

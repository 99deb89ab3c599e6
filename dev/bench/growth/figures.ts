/** What the measured sizes of a stack say about larger ones. Pure. */
import type { Run } from "./stack";

/** Workers by which each stack is grown, to measure what a further one costs. */
export const MORE = 10;

/** What was measured at one size. */
export interface Size {
  /** Workers. */
  readonly workers: number;
  /** `up` from nothing. `stateAtEnd`: its state was written at its end alone, so it is too cheap. */
  readonly whole: Run & { readonly stateAtEnd: boolean };
  /** `up` without a change. */
  readonly unchanged: Run;
  /** `up` that adds {@link MORE} workers. */
  readonly growth: Run;
}

/** How much more than at the smallest size a further worker may cost (docs/performance.md). */
export const LIMIT = 1.5;

/** Seconds of processor time of a whole run. */
export function secondsOf({ usage }: Run): number {
  return Object.values(usage).reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Seconds of processor time that one further worker costs. A run's fixed cost, that of an unchanged `up`, isn't part of it. */
export function furtherWorker({ growth, unchanged }: Size): number {
  return (secondsOf(growth) - secondsOf(unchanged)) / MORE;
}

/** A straight line: what it is for no worker, and how much is added by each. */
export interface Line {
  readonly start: number;
  readonly slope: number;
}

/**
 * The line through points, by least squares. The cost of a further worker is one: it is a fixed number of writes of a state
 * that grows by a fixed size with each worker.
 *
 * @throws Error for fewer than two different sizes
 */
export function lineThrough(points: readonly (readonly [x: number, y: number])[]): Line {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = { x: mean(points.map(([x]) => x)), y: mean(points.map(([, y]) => y)) };
  const spread = points.reduce((sum, [x]) => sum + (x - middle.x) ** 2, 0);
  if (points.length < 2 || spread === 0) throw new Error("a line needs two different sizes");
  const slope = points.reduce((sum, [x, y]) => sum + (x - middle.x) * (y - middle.y), 0) / spread;
  return { start: middle.y - slope * middle.x, slope };
}

/** What the line is at a size. */
export function at({ start, slope }: Line, workers: number): number {
  return start + slope * workers;
}

/** At how many workers a line reaches a value; undefined when it never does. */
export function reaches({ start, slope }: Line, value: number): number | undefined {
  return slope > 0 && value >= start ? (value - start) / slope : undefined;
}

/** Processor time of an `up` from nothing, from that of a first worker to that of the last: the sum along the line, seconds. */
export function wholeOf(line: Line, workers: number): number {
  return line.start * workers + (line.slope * workers * (workers - 1)) / 2;
}

const COLUMNS = [
  "",
  "elapsed s",
  "processor s",
  "engine",
  "program",
  "plugins",
  "engine MiB",
  "program MiB",
  "state MB",
  "writes",
];

/** A table for people, and what it says about the sizes in `asked`. */
export function report(sizes: readonly Size[], asked: readonly number[]): string {
  const rows = sizes.flatMap(({ workers, whole, unchanged, growth }) => [
    row(`${String(workers)} workers: from nothing${whole.stateAtEnd ? " (state at end)" : ""}`, whole),
    row(`${String(workers)} workers: unchanged`, unchanged),
    row(`${String(workers)} → ${String(workers + MORE)} workers`, growth),
  ]);
  const widths = COLUMNS.map((_, i) => Math.max(...[COLUMNS, ...rows].map((cells) => cells[i]?.length ?? 0)));
  const table = [COLUMNS, ...rows].map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
  );
  return [...table, "", ...outlook(sizes, asked)].join("\n");
}

function row(name: string, run: Run): string[] {
  const { engine, program, plugins } = run.usage;
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  return [
    name,
    run.elapsed.toFixed(1),
    secondsOf(run).toFixed(1),
    engine.seconds.toFixed(1),
    program.seconds.toFixed(1),
    plugins.seconds.toFixed(1),
    mebibytes(engine.memory),
    mebibytes(program.memory),
    run.state === undefined ? "?" : (run.state / 1e6).toFixed(1),
    run.writes === undefined ? "?" : String(run.writes),
  ];
}

/** The cost of a further worker, measured and by the line; where it bends. */
function outlook(sizes: readonly Size[], asked: readonly number[]): string[] {
  const further = sizes.map((size) => [size.workers + MORE / 2, furtherWorker(size)] as const);
  const lines = further.map(
    ([workers, seconds]) => `A further worker at ${String(workers)}: ${seconds.toFixed(2)} s of processor time.`,
  );
  const [smallest] = further;
  if (smallest === undefined || new Set(further.map(([workers]) => workers)).size < 2) return lines;
  const line = lineThrough(further);
  const bend = reaches(line, smallest[1] * LIMIT);
  return [
    ...lines,
    bend === undefined
      ? "It doesn't grow with the stack."
      : `It reaches ${String(LIMIT)} × that of the smallest size at ${bend.toFixed(0)} workers.`,
    ...asked.map(
      (workers) =>
        `By that line, at ${String(workers)}: ${at(line, workers).toFixed(2)} s; ` +
        `all ${String(workers)} from nothing: ${wholeOf(line, workers).toFixed(0)} s.`,
    ),
  ];
}

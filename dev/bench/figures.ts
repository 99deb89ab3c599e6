/** What a benchmark says of its figures. Pure. */

/** The median: for an even number of figures, the mean of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1] ?? NaN;
  const high = sorted[Math.floor(half)] ?? NaN;
  return (low + high) / 2;
}

/** One line of the result: seconds of all rounds. */
export interface Figure {
  /** What was measured. */
  readonly name: string;
  /** Seconds, one for each round. */
  readonly rounds: number[];
  /** What it should not exceed. */
  readonly targets: readonly Target[];
}

/** What a figure should not exceed. */
export interface Target {
  /** Seconds. */
  readonly limit: number;
  /** Where the limit comes from. */
  readonly why: string;
}

/** Figures by name, in the order they came. */
export class Figures {
  private readonly all = new Map<string, Figure>();

  /** Notes one round. */
  public add(name: string, seconds: number): void {
    const figure = this.all.get(name) ?? { name, rounds: [], targets: [] };
    figure.rounds.push(Math.round(seconds * 100) / 100);
    this.all.set(name, figure);
  }

  /** Adds what a figure should not exceed. One that wasn't measured, or has nothing to be held against, is left out. */
  public target(name: string, limit: number | undefined, why: string): void {
    const figure = this.all.get(name);
    if (figure !== undefined && limit !== undefined && Number.isFinite(limit))
      this.all.set(name, { ...figure, targets: [...figure.targets, { limit, why }] });
  }

  /** The median of a figure; undefined when it wasn't measured. */
  public median(name: string): number | undefined {
    const figure = this.all.get(name);
    return figure === undefined ? undefined : median(figure.rounds);
  }

  /** All of them. */
  public list(): (Figure & { readonly median: number })[] {
    return [...this.all.values()].map((figure) => ({ ...figure, median: median(figure.rounds) }));
  }

  /** A table for people. */
  public table(): string {
    const head = ["", "median", "rounds", "target"];
    const rows = this.list().map(({ name, median: middle, rounds, targets }) => [
      name,
      seconds(middle),
      rounds.length > 1 ? rounds.map((one) => one.toFixed(1)).join(" ") : "",
      targets.map(({ limit, why }) => `${middle <= limit ? "met" : "MISSED"}: ≤ ${seconds(limit)}, ${why}`).join("; "),
    ]);
    const all = [head, ...rows];
    const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
    return all
      .map((row) =>
        row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join("  ")
          .trimEnd(),
      )
      .join("\n");
  }
}

function seconds(figure: number): string {
  return `${figure.toFixed(figure < 1 ? 2 : 1)} s`;
}

/** Random numbers that a seed repeats. */
export class Random {
  private state: number;

  /** @param seed a whole number; the same one gives the same numbers */
  public constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A number from 0 up to, and without, 1. Source: mulberry32, public domain. */
  public next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, and without, `end`. */
  public below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** One of them. @throws Error when there is none */
  public pick<T>(from: readonly T[]): T {
    const found = from[this.below(from.length)];
    if (found === undefined) throw new Error("there is nothing to pick from");
    return found;
  }

  /** True in so many of 100 cases. */
  public percent(chance: number): boolean {
    return this.next() * 100 < chance;
  }

  /** Several different ones, in a random order. */
  public some<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    const chosen: T[] = [];
    while (chosen.length < count && left.length > 0) chosen.push(...left.splice(this.below(left.length), 1));
    return chosen;
  }
}

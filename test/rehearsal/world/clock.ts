/** Time in the simulated AWS: waits take a fraction of what they take on AWS. */
import { setTimeout as sleep } from "node:timers/promises";

/** What {@link Clock} is set to. */
export interface Speed {
  /** Real seconds for one second on AWS. @default 0.1 */
  readonly factor?: number;
  /** Real seconds that a retry lasts at least: containers take their time whatever the factor is. @default 0 */
  readonly patience?: number;
}

/** See the file's head. */
export class Clock {
  public readonly factor: number;
  private readonly patience: number;

  public constructor({ factor = 0.1, patience = 0 }: Speed = {}) {
    this.factor = factor;
    this.patience = patience;
  }

  /** Waits. @param seconds On AWS */
  public async wait(seconds: number): Promise<void> {
    await sleep(seconds * this.factor * 1000, undefined, { ref: true });
  }

  /** Milliseconds since 1970, real time. */
  public now(): number {
    return Date.now();
  }

  /** A point in time after some seconds on AWS, in real milliseconds since 1970. */
  public after(seconds: number): number {
    return Date.now() + seconds * this.factor * 1000;
  }

  /**
   * Repeats a call as terraform-provider-aws repeats it: every 2 s, as long as its error is one of those that pass.
   *
   * @param limit Seconds on AWS
   * @throws the last error
   */
  public async retry<T>(limit: number, passes: (error: unknown) => boolean, call: () => Promise<T> | T): Promise<T> {
    const end = Date.now() + Math.max(limit * this.factor, this.patience) * 1000;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!passes(error) || Date.now() >= end) throw error;
        await sleep(Math.min(Math.max(2 * this.factor * 1000, 1), Math.max(end - Date.now(), 1)));
      }
    }
  }
}

/** A steady load of requests, as of users who come one after the other and don't wait for each other. */
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds from one request's begin to the next one's. */
const EVERY = 100;
/** By default, no load has more requests than this: five minutes. */
const MOST = 3000;

/** What came of one request; times in ms of `Date.now()`. */
interface Outcome {
  readonly begun: number;
  readonly ended: number;
  /** Why it failed. @default it was answered */
  readonly failure?: string;
}

/** What came of the load in a span of time. */
export interface Report {
  readonly requests: number;
  /** Of those, how each failed, with the second of its begin and end. */
  readonly failed: readonly string[];
  /** Second at which the last one was begun that failed; 0 when none did. */
  readonly lastFailure: number;
  /** The longest time in which no request was answered, in seconds. */
  readonly longestGap: number;
  /** The slowest answer, in seconds. */
  readonly slowest: number;
}

/** See the top of this file. */
export class Load {
  private readonly outcomes: Outcome[] = [];
  private stopped = false;
  private readonly running: Promise<void>;

  /**
   * @param ask one request; what it throws is a failure
   * @param most number of requests after which it ends by itself
   */
  public constructor(
    private readonly ask: () => Promise<void>,
    private readonly most = MOST,
  ) {
    this.running = this.run();
  }

  /** Ends the load, when the requests under way have ended. */
  public async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** What came of the requests that were begun since `from`; seconds count from there. */
  public report(from: number): Report {
    const all = this.outcomes.filter(({ begun }) => begun >= from);
    const second = (time: number): number => (time - from) / 1000;
    const failed = all.filter(({ failure }) => failure !== undefined);
    const answered = all.filter(({ failure }) => failure === undefined);
    const ends = answered.map(({ ended }) => second(ended)).sort((a, b) => a - b);
    return {
      requests: all.length,
      failed: failed.map(
        ({ begun, ended, failure = "" }) => `${second(begun).toFixed(1)}-${second(ended).toFixed(1)} s: ${failure}`,
      ),
      lastFailure: Math.max(0, ...failed.map(({ begun }) => second(begun))),
      longestGap: Math.max(0, ...ends.map((end, i) => end - (ends[i - 1] ?? 0))),
      slowest: Math.max(0, ...answered.map(({ begun, ended }) => (ended - begun) / 1000)),
    };
  }

  private async run(): Promise<void> {
    const all: Promise<void>[] = [];
    while (!this.stopped && all.length < this.most) {
      all.push(this.one());
      await sleep(EVERY);
    }
    await Promise.all(all);
  }

  private async one(): Promise<void> {
    const begun = Date.now();
    const failure = await this.ask().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    this.outcomes.push({ begun, ended: Date.now(), ...(failure === undefined ? {} : { failure }) });
  }
}

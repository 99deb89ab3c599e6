/** Dialling again, in the rhythm of the official provider. */
import { setTimeout as sleep } from "node:timers/promises";

/** Pauses between dials, as in sdk/go/common/util/retry: 100 ms, half as much again each time, 5 s at most. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;

/** How often to try, and whom to tell. */
export interface Retry {
  /** What is being tried, for messages. */
  readonly what: string;
  /** Failures that are forgiven; -1 for no limit. The one after is the end. */
  readonly limit: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Gets a message on each failure that is forgiven. */
  readonly status: (message: string) => void;
}

/**
 * What `attempt` brings, once it succeeds.
 *
 * @throws Error `after <n> failed attempts: <last failure>`; the abort's reason when it is aborted.
 */
export async function retry<T>({ what, limit, signal, status }: Retry, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      const last = error instanceof Error ? error.message : String(error);
      if (limit >= 0 && failures > limit)
        throw new Error(`after ${failures - 1} failed attempts: ${last}`, { cause: error });
      status(`${what} ${failures}/${limit < 0 ? "inf" : limit} failed: retrying`);
      await sleep(pause(failures), undefined, { signal });
    }
  }
}

/** Milliseconds to wait after the n-th failure. */
export function pause(failures: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 1.5 ** (failures - 1));
}

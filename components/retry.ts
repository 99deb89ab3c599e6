import { setTimeout as sleep } from "node:timers/promises";

/** How long and when to try again. */
export interface Retry {
  /** Seconds after which it gives up. */
  readonly limit: number;
  /** Seconds between two tries. @default 1 */
  readonly pause?: number;
  /** Whether another try may help. @default always */
  readonly when?: (error: unknown) => boolean;
}

/** Does something again until it succeeds. @throws what the last try threw, which has to name its subject */
export async function retry<T>(work: () => Promise<T>, { limit, pause = 1, when = () => true }: Retry): Promise<T> {
  for (const end = Date.now() + limit * 1000; ;) {
    try {
      return await work();
    } catch (error) {
      if (!when(error) || Date.now() + pause * 1000 > end) throw error;
    }
    await sleep(pause * 1000);
  }
}

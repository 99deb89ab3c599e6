/** What limited work gets. */
interface Limited {
  /** Aborts when the time is up. */
  readonly signal: AbortSignal;
  /** Names what is under way, for the error at the limit: "connecting to manager-1". */
  readonly phase: (text: string) => void;
}

/**
 * Runs work with a time limit.
 *
 * @param seconds the limit
 * @throws Error with the work's own message, or with the phase that it was in when the time was up
 */
export async function within<T>(seconds: number, work: (limited: Limited) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let phase = "starting";
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer in ${seconds} s while ${phase}`));
      controller.abort();
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work({ signal: controller.signal, phase: (text) => (phase = text) }), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

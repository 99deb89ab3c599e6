/**
 * Does some work for each of a list, no more than so many at a time.
 *
 * @returns the results, in the order of the list
 * @throws what the work throws first
 */
export async function atATime<T, R>(all: readonly T[], limit: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = all.entries();
  const worker = async (): Promise<void> => {
    // All workers take from the same iterator.
    for (const [index, one] of waiting) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(limit, all.length) }, worker));
  return results;
}

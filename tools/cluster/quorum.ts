/** A manager as far as the majority is concerned. */
export interface Voter {
  /** Node name. */
  readonly name: string;
  /** Ready *and* Reachable: a dead manager whose address is in use again shows Down but Reachable (measured). */
  readonly counts: boolean;
}

/** How many of so many managers are a majority. */
export function majority(managers: number): number {
  return Math.floor(managers / 2) + 1;
}

/** How the managers stand. All members of the swarm's store count, the unwanted ones, too: they vote. */
export interface Quorum {
  /** All managers. */
  readonly managers: number;
  /** Those that count. */
  readonly counting: number;
  /** How many more may be lost; negative when the majority is gone. */
  readonly margin: number;
}

/** See {@link Quorum}. */
export function quorum(voters: readonly Voter[]): Quorum {
  const counting = voters.filter((voter) => voter.counts).length;
  return { managers: voters.length, counting, margin: counting - majority(voters.length) };
}

/**
 * The quorum guard: why this manager may not be taken away now, or nothing when it may.
 *
 * Those left that count must be a majority of those left, and there must be one. Taking a dead one away is itself a
 * change, so it needs the majority of today, too.
 *
 * @param voters all managers now; a name may stand there twice, when a machine's former node is still a member
 * @param counts whether the one that goes counts
 */
export function guard(voters: readonly Voter[], name: string, counts: boolean): string | undefined {
  const now = quorum(voters);
  if (now.margin < 0) {
    return `only ${now.counting} of ${now.managers} managers count (Ready and Reachable), which is no majority`;
  }
  const index = voters.findIndex((voter) => voter.name === name && voter.counts === counts);
  if (index < 0) return undefined; // It is no member, so nothing is taken away.
  const left = quorum(voters.filter((_, i) => i !== index));
  if (left.managers === 0) return `${name} is the only manager, and with it the swarm would end`;
  if (left.margin < 0) {
    return (
      `without ${name} only ${left.counting} of the ${left.managers} managers left would count (Ready and Reachable), ` +
      `and ${majority(left.managers)} are needed for a majority`
    );
  }
  return undefined;
}

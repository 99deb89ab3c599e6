import { majority, mayRemoveManager } from "../../plan/quorum";

export { majority } from "../../plan/quorum";

/** A manager as far as the majority is concerned. */
export interface Voter {
  /** Node name. */
  readonly name: string;
  /** Ready *and* Reachable: a dead manager whose address is in use again shows Down but Reachable (measured). */
  readonly counts: boolean;
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
 * The quorum guard, as the steps on the bastion have it: why this manager may not be taken away now, or nothing when it
 * may.
 *
 * @param voters all managers now; a name may stand there twice, when a machine's former node is still a member
 * @param counts whether the one that goes counts
 */
export function guard(voters: readonly Voter[], name: string, counts: boolean): string | undefined {
  const index = voters.findIndex((voter) => voter.name === name && voter.counts === counts);
  const answer = mayRemoveManager({
    // Told apart by their place, since names may stand there twice.
    managers: voters.map((voter, i) => ({
      id: `#${i}`,
      name: voter.name,
      ready: voter.counts,
      reachable: voter.counts,
      leader: false,
    })),
    candidate: `#${index}`,
    desired: [],
  });
  return answer.allowed ? undefined : answer.reason;
}

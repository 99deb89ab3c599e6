/** Who votes among the managers, and whether that vote may go. Pure. */
import { counts, votes } from "../cluster/labels";
import type { Match } from "../cluster/match";
import type { LiveNode } from "../cluster/model";
import { guard, type Voter } from "../cluster/quorum";

/** Whether a host goes alone: a manager, and a worker that somebody promoted, which has a vote like them. */
export function goesAlone({ desired, node }: Match): boolean {
  return desired.role === "manager" || (node !== undefined && votes(node));
}

/**
 * The quorum guard for a host's node, or none. A node without a vote may go as long as there is a majority.
 *
 * @returns the voters that are left, or why it may not go
 */
export function takeVote(
  voters: readonly Voter[],
  node: LiveNode | undefined,
): { left: Voter[] } | { refused: string } {
  const voter = node !== undefined && votes(node) ? { name: node.hostname, counts: counts(node) } : undefined;
  const refused = guard(voters, voter?.name ?? "", voter?.counts ?? false);
  if (refused !== undefined) return { refused };
  const index = voters.findIndex((one) => one.name === voter?.name && one.counts === voter.counts);
  return { left: voters.filter((_, i) => i !== index) };
}

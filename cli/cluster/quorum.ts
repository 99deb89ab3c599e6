import { majority, mayRemoveManager, mayRestartManager, type ManagerView } from "../../plan/quorum";
import type { LiveNode } from "./model";

/** The managers' majority. All members of the swarm's store vote, unwanted ones too. */
export interface Quorum {
  /** All managers. */
  readonly managers: number;
  /** Managers that are Ready and Reachable. */
  readonly counting: number;
  /** How many more may be lost; negative without a majority. */
  readonly margin: number;
}

/**
 * Whether a node is a member of the managers' store, and so has a vote: only members have a manager status.
 *
 * Its role isn't enough: a node that is being demoted still votes, and after `swarm init --force-new-cluster` the lost
 * managers keep their role and have no vote (measured).
 */
export function votes(node: LiveNode): boolean {
  return node.reachability !== "";
}

/**
 * Whether a manager counts for the majority: Ready *and* Reachable. A dead manager whose address is in use again shows Down
 * but Reachable (measured).
 */
export function counts(node: LiveNode): boolean {
  return node.state === "ready" && node.reachability === "reachable";
}

/** See {@link Quorum}. */
export function quorum(voters: readonly LiveNode[]): Quorum {
  const counting = voters.filter(counts).length;
  return { managers: voters.length, counting, margin: counting - majority(voters.length) };
}

/**
 * The quorum guard, as the steps on the bastion apply it: why this node can't be removed now.
 *
 * @param voters all managers now
 * @returns undefined when it can; so can a node without a vote
 */
export function guard(voters: readonly LiveNode[], id: string): string | undefined {
  const { allowed, reason } = mayRemoveManager({ managers: viewsOf(voters), candidate: id, desired: [] });
  return allowed ? undefined : reason;
}

/** Why this node's Docker engine can't be stopped for a while now: see {@link mayRestartManager}. */
export function restartGuard(voters: readonly LiveNode[], id: string): string | undefined {
  const { allowed, reason } = mayRestartManager({ managers: viewsOf(voters), candidate: id });
  return allowed ? undefined : reason;
}

function viewsOf(voters: readonly LiveNode[]): ManagerView[] {
  return voters.map((node) => ({
    ...{ id: node.id, name: node.hostname, leader: node.leader },
    ...{ ready: node.state === "ready", reachable: node.reachability === "reachable" },
  }));
}

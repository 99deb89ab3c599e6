import { LABELS } from "../../plan/labels";
import type { DesiredNode } from "../../components/outputs";
import type { LiveNode, ManagerAnswer } from "./model";

/** The swarm as one manager sees it. */
export interface View {
  readonly nodes: readonly LiveNode[];
  readonly swarmId: string;
}

/**
 * The view to go by: of a manager of the swarm that the stack was born with, the leader's own before another's.
 *
 * @returns nothing when no manager could list the nodes
 */
export function pickView(answers: readonly ManagerAnswer[], swarmId: string): View | undefined {
  const rank = (view: View & { name: string }): number =>
    (view.swarmId === swarmId ? 2 : 0) +
    (view.nodes.some((node) => node.leader && node.hostname === view.name) ? 1 : 0);
  return answers
    .flatMap((answer) =>
      answer.answered && !("error" in answer.nodes)
        ? [{ name: answer.name, swarmId: answer.swarmId, nodes: answer.nodes }]
        : [],
    )
    .sort((a, b) => rank(b) - rank(a))[0];
}

/** A wanted host and its node. */
export interface Match {
  readonly desired: DesiredNode;
  /** Its node. @default the swarm has none */
  readonly node?: LiveNode;
}

/** How sure it is that a node is the host's own; 0 is: it is not. */
function likeness(desired: DesiredNode, node: LiveNode): number {
  const identity = node.labels[LABELS.identity] ?? "";
  if (identity !== "" && identity === desired.identity) return 3;
  if (identity === "") return 2; // Joined, and the `up` ended before it was labelled.
  // Another machine's. One that is Ready serves under that name all the same; one that isn't is a stale node.
  return node.state === "ready" ? 1 : 0;
}

/**
 * Finds every wanted host's node. What is left over are stale nodes: nodes that nobody wants, and what former machines of
 * a name left behind.
 */
export function matchNodes(
  desired: readonly DesiredNode[],
  nodes: readonly LiveNode[],
): { matches: Match[]; staleNodes: LiveNode[] } {
  const staleNodes = new Set(nodes);
  const matches = desired.map((host): Match => {
    const [best] = nodes
      .filter((node) => node.hostname === host.name && staleNodes.has(node))
      .map((node) => ({ node, rank: 2 * likeness(host, node) + (node.state === "ready" ? 1 : 0) }))
      .filter(({ rank }) => rank > 1)
      .sort((a, b) => b.rank - a.rank || b.node.updatedAt.localeCompare(a.node.updatedAt));
    if (best === undefined) return { desired: host };
    staleNodes.delete(best.node);
    return { desired: host, node: best.node };
  });
  return { matches, staleNodes: [...staleNodes] };
}

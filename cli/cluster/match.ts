import { LABELS } from "../../plan/labels";
import type { DesiredNode } from "../../components/outputs";
import type { LiveNode, ManagerAnswer } from "./model";

/** The swarm as one manager sees it. */
export interface View {
  readonly nodes: readonly LiveNode[];
  readonly swarmId: string;
  /** When a new cluster was last formed after a lost majority, RFC 3339; empty when it never was. */
  readonly recovered: string;
}

/**
 * The view to use: of a manager in the stack's recorded swarm, the one recovered last, preferably the leader's own.
 *
 * @returns undefined when no manager could list the nodes
 */
export function pickView(answers: readonly ManagerAnswer[], swarmId: string): View | undefined {
  const isOurs = (view: View): number => (view.swarmId === swarmId ? 1 : 0);
  const leads = (view: View & { name: string }): number =>
    view.nodes.some((node) => node.leader && node.hostname === view.name) ? 1 : 0;
  return answers
    .flatMap((answer) =>
      answer.answered && !("error" in answer.nodes)
        ? [{ name: answer.name, swarmId: answer.swarmId, recovered: answer.recovered ?? "", nodes: answer.nodes }]
        : [],
    )
    .sort((a, b) => isOurs(b) - isOurs(a) || b.recovered.localeCompare(a.recovered) || leads(b) - leads(a))[0];
}

/** A wanted host and its node. */
export interface Match {
  readonly desired: DesiredNode;
  /** Its node. @default the swarm has none */
  readonly node?: LiveNode;
}

/** How certainly a node is the host's; 0: it isn't. */
function likeness(desired: DesiredNode, node: LiveNode): number {
  const identity = node.labels[LABELS.identity] ?? "";
  if (identity !== "" && identity === desired.identity) return 3;
  if (identity === "") return 2; // Joined, and the `up` ended before it was labelled.
  // Of a former host. A Ready one serves under that name all the same; any other is stale.
  return node.state === "ready" ? 1 : 0;
}

/**
 * Finds every wanted host's node. All other nodes are stale: those of no wanted host, and those of former hosts.
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

import type { Spare } from "../../plan/spare";
import { listNodes, updateNode } from "../cluster/docker-api";
import { throughManager } from "../cluster/inspect";
import type { LiveStack } from "../cluster/stack";

/** Node labels of the product's own. */
const OWN = "swarm-ha.";

/** The spare worker that takes a host's tasks meanwhile: of the same pool and zone. @returns nothing for a host that is no worker */
export function spareFor({ desired }: LiveStack, host: string): Spare | undefined {
  const node = desired.nodes.find(({ name }) => name === host);
  return node?.role === "worker" ? { pool: node.pool, zone: node.zone } : undefined;
}

/** Gives the spare worker the labels that people have set on the host that it stands in for: tasks are pinned to them. */
export async function lendLabels(stack: LiveStack, from: string, to: readonly string[]): Promise<void> {
  await throughManager(stack, async (call) => {
    const nodes = (await listNodes(call)).filter((node) => node.state === "ready");
    const lender = nodes.find((node) => node.hostname === from);
    const labels = Object.fromEntries(Object.entries(lender?.labels ?? {}).filter(([key]) => !key.startsWith(OWN)));
    for (const node of nodes.filter(({ hostname }) => to.includes(hostname)))
      await updateNode(call, node.id, { labels });
  });
}

import { PLATFORMS } from "../../config/platforms";
import type { PlatformFacts } from "../../config/platforms/facts";
import type { Spare } from "../../plan/spare";
import { listNodes, updateNode } from "../cluster/docker-api";
import { throughManager } from "../cluster/inspect";
import { userLabels } from "../cluster/labels";
import type { LiveStack } from "../cluster/stack";
import { commands } from "../cluster/words";
import { UserError } from "../terminal/errors";

/**
 * Refuses spare workers on a platform that creates no hosts.
 *
 * @param platform the one that the stack file names; where Pulumi ESC names it, the program refuses them
 * @throws UserError
 */
export function refuseSurge(stack: string, platform: string | undefined): void {
  if (maySurge(platform)) return;
  throw new UserError(
    `--surge adds a spare worker, and the platform ${platform ?? ""} creates no hosts. Add a worker to the inventory of ` +
      `Pulumi.${stack}.yaml and run: ${commands(stack).up}. Or use --force: tasks without room wait until the host is back.`,
  );
}

/** Whether there can be spare workers. */
export function maySurge(platform: string | undefined): boolean {
  const all: Readonly<Record<string, PlatformFacts>> = PLATFORMS;
  return all[platform ?? ""]?.createsHosts !== false;
}

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
    const labels = userLabels(lender?.labels ?? {});
    for (const node of nodes.filter(({ hostname }) => to.includes(hostname)))
      await updateNode(call, node.id, { labels });
  });
}

import { SetupError } from "../terminal/errors";
import { askHosts } from "../cluster/ask-hosts";
import { confirmed } from "../terminal/confirm";
import type { Evaluation } from "../cluster/evaluate";
import { describeCuts } from "../cluster/host-facts";
import { lossOf, networkCuts } from "./ladder";
import { withoutRoom } from "./room";
import type { LiveStack } from "../cluster/stack";
import { commands, list } from "../cluster/words";

/** How much a replacement may cost. */
export interface Accepted {
  /** Whether data may be lost without a question. */
  readonly yes: boolean;
  /** Whether tasks may wait for a node. */
  readonly force: boolean;
  /** Whether a spare worker takes them meanwhile. */
  readonly surge: boolean;
}

/**
 * Asks, before anything is touched, what the replacement of these hosts costs, and refuses or asks where it costs more
 * than was accepted: tasks without a node, volumes, services that are pinned to a node's id, and managers whose
 * successors couldn't join.
 *
 * @returns hosts whose tasks have no room elsewhere
 * @throws SetupError that says what it would cost
 */
export async function askBefore(
  stack: LiveStack,
  evaluation: Evaluation,
  hosts: readonly string[],
  accepted: Accepted,
): Promise<string[]> {
  const chosen = evaluation.matches.filter(({ desired }) => hosts.includes(desired.name));
  const facts = await askHosts(stack, { troubled: chosen.map(({ desired }) => desired.name) });
  const cuts = chosen
    .filter(({ desired }) => desired.role === "manager")
    .flatMap(({ desired }) => networkCuts(desired.name, facts));
  if (cuts.length > 0) {
    throw new SetupError(
      `Nothing was replaced: ${describeCuts(cuts)}. A manager's successor has the same address and couldn't join. Mend the network between them first`,
    );
  }

  const full: string[] = [];
  const reasons: string[] = [];
  for (const { desired, node } of chosen) {
    if (node?.state !== "ready" || desired.role === "manager") continue;
    const without = await withoutRoom(stack, [node.id]);
    if (without.length === 0) continue;
    full.push(desired.name);
    reasons.push(...without.map((text) => `  - ${desired.name}: ${text}`));
  }
  if (full.length > 0 && !accepted.force && !accepted.surge) {
    const again = `${commands(stack.stack).replace} ${hosts.join(" ")}`;
    throw new SetupError(
      `Nothing was replaced: tasks of ${list(full)} have no room elsewhere.\n${reasons.join("\n")}\n` +
        `With a spare worker beside each of them: ${again} --surge\nTo accept that these tasks wait until the host is back: ${again} --force`,
    );
  }

  const losses = chosen.flatMap(
    ({ desired }) => lossOf(desired, facts[desired.name], evaluation.pinned[desired.name] ?? []) ?? [],
  );
  if (losses.length > 0) {
    const what = `Replacing ${list(hosts)} loses ${losses.join("; ")}`;
    if (!(await confirmed(what, accepted.yes))) {
      throw new SetupError(
        `Nothing was replaced. ${what}. To go on with it: ${commands(stack.stack).replace} ${hosts.join(" ")} --yes`,
      );
    }
  }
  return full;
}

/** What the replacement of hosts costs: checked once, before anything is changed. */
import { describeCuts, type AllFacts } from "../cluster/host-facts";
import type { Evaluation } from "../cluster/evaluate";
import type { LiveStack } from "../cluster/stack";
import { commands, list } from "../cluster/words";
import type { HostTraits } from "../platform/types";
import { again } from "../terminal/arguments";
import { UserError } from "../terminal/errors";
import type { Cluster } from "./cluster";
import { lossOf, networkCuts } from "./ladder";
import type { Loss, Preparation } from "./operation";

/** How much a replacement may cost. */
export interface Accepted {
  /** Whether tasks may wait for a node. */
  readonly force: boolean;
  /** Whether a spare worker takes them meanwhile. */
  readonly surge: boolean;
  /** Whether the platform can have spare workers. @default true */
  readonly spares?: boolean;
  /** The command's flags as they were given, such as `--force`. */
  readonly given: readonly string[];
}

/** Brings back what a local stack's Docker engine still has; hosts that can't be set up end the operation before its first step. */
export function wholeContainers(cluster: Cluster): Preparation {
  return {
    plan: () => cluster.outstanding(),
    async run() {
      const { setUp } = await cluster.bringBack();
      if (setUp !== undefined) throw new UserError(`The new containers could not be set up.\n${setUp}`);
      return [];
    },
  };
}

/** What was asked. */
export interface Asked {
  /** The hosts that it was asked for. */
  readonly hosts: readonly string[];
  readonly facts: AllFacts;
  /** Services whose tasks have no room elsewhere, with reasons, by host; only hosts that have such tasks. */
  readonly withoutRoom: Readonly<Record<string, readonly string[]>>;
}

/** Asks the hosts, and the bastion for room. @throws Error when the cluster can't be asked */
export async function askBefore(
  cluster: Cluster,
  stack: LiveStack,
  evaluation: Evaluation,
  hosts: readonly string[],
): Promise<Asked> {
  const chosen = chosenOf(evaluation, hosts);
  const facts = await cluster.facts(
    stack,
    chosen.map(({ desired }) => desired.name),
  );
  const withoutRoom: Record<string, readonly string[]> = {};
  // Where the network is cut nothing will be replaced, and the question takes seconds for each host.
  const asks = cutsIn(evaluation, { hosts, facts }).length === 0 ? chosen : [];
  for (const { desired, node } of asks) {
    if (node?.state !== "ready" || desired.role === "manager") continue;
    const reasons = await cluster.withoutRoom(stack, [node.id]);
    if (reasons.length > 0) withoutRoom[desired.name] = reasons;
  }
  return { hosts, facts, withoutRoom };
}

/**
 * Why these hosts may not be replaced: managers whose successors couldn't join, and tasks without a node where that isn't
 * accepted. Pure.
 *
 * @returns nothing when they may
 */
export function refusalBefore(
  stack: string,
  evaluation: Evaluation,
  asked: Asked,
  accepted: Accepted,
): string | undefined {
  const cuts = cutsIn(evaluation, asked);
  if (cuts.length > 0) {
    return `Nothing was replaced: ${describeCuts(cuts)}. A manager's successor has the same address and couldn't join. Fix the network between them first`;
  }
  const full = Object.entries(asked.withoutRoom);
  if (full.length === 0 || accepted.force || accepted.surge) return undefined;
  const line = (flag: string): string => replaceCommand(stack, asked.hosts, accepted.given, flag);
  const reasons = full.flatMap(([host, texts]) => texts.map((text) => `  - ${host}: ${text}`));
  const spares = accepted.spares === false ? "" : `To run their tasks on spare workers meanwhile: ${line("--surge")}\n`;
  return (
    `Nothing was replaced: tasks of ${list(full.map(([host]) => host))} have no room elsewhere.\n${reasons.join("\n")}\n` +
    spares +
    `To let these tasks wait until the host is back: ${line("--force")}`
  );
}

/** The volumes, and the services that are pinned to a node's id, that go with these hosts. Pure. */
export function lossBefore(
  stack: string,
  evaluation: Evaluation,
  { hosts, facts }: Asked,
  { given }: Pick<Accepted, "given">,
  hostTraits?: HostTraits,
): Loss | undefined {
  const losses = chosenOf(evaluation, hosts).flatMap(
    ({ desired }) => lossOf(desired, facts[desired.name], evaluation.pinned[desired.name] ?? [], hostTraits) ?? [],
  );
  if (losses.length === 0) return undefined;
  const what = losses.join("; ");
  const question = `Replacing ${list(hosts)} loses ${what}`;
  const line = replaceCommand(stack, hosts, given, "--yes");
  return { what, question, declined: `Nothing was replaced. ${question}. To accept that: ${line}` };
}

/** The command that replaces these hosts, with the flags that were given, and more. */
export function replaceCommand(
  stack: string,
  hosts: readonly string[],
  given: readonly string[],
  ...more: readonly string[]
): string {
  return again([commands(stack).replace, ...hosts].join(" "), given, ...more);
}

/** Failed connections between managers, of which one is to be replaced. Pure. */
export function cutsIn(evaluation: Evaluation, { hosts, facts }: Pick<Asked, "hosts" | "facts">) {
  return chosenOf(evaluation, hosts)
    .filter(({ desired }) => desired.role === "manager")
    .flatMap(({ desired }) => networkCuts(desired.name, facts));
}

function chosenOf({ matches }: Evaluation, hosts: readonly string[]) {
  return matches.filter(({ desired }) => hosts.includes(desired.name));
}

/** Data deleted with the hosts that an update removes or replaces. A preview doesn't know it: the hosts are asked. */
import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import { askHosts } from "../cluster/ask-hosts";
import type { Evaluation } from "../cluster/evaluate";
import type { AllFacts } from "../cluster/host-facts";
import { inspect } from "../cluster/inspect";
import { lossOf } from "../operations/ladder";
import { readStack } from "../cluster/stack";
import { factsOf } from "../platform/facts";
import type { HostTraits } from "../platform/types";
import { readStackFile } from "../pulumi/project";
import type { ReviewedHost } from "./instances";

/** What is deleted with hosts. */
export interface Losses {
  readonly hosts: readonly string[];
  /** Volumes and pinned services, in words. */
  readonly losses: readonly string[];
  /** Why they may be more, by host. */
  readonly unknown: Readonly<Record<string, string>>;
}

/** Hosts whose volumes an update deletes. Managers run no tasks, and the other managers have the swarm's state, too. */
export function deletedHosts(hosts: readonly ReviewedHost[]): string[] {
  return hosts
    .filter(({ kind, role }) => role !== "manager" && (kind === "removed" || kind === "replaced"))
    .map(({ name }) => name);
}

/** The losses of hosts that couldn't be asked. */
export function unknownLosses(hosts: readonly string[], why: string): Losses {
  return { hosts, losses: [], unknown: Object.fromEntries(hosts.map((host) => [host, why])) };
}

/**
 * Asks the hosts. Never throws: without access to them, the review says that their losses are unknown.
 *
 * @param docker the Docker engine of a local stack's hosts, to ask them without SSH
 */
export async function askLosses(name: string, hosts: readonly string[], docker: Docker | undefined): Promise<Losses> {
  try {
    const stack = await readStack(name);
    const asked = { troubled: hosts, ...(docker === undefined ? {} : { docker }) };
    const [evaluation, facts] = await Promise.all([inspect(stack), askHosts(stack, asked)]);
    return lossesOf(hosts, evaluation, facts, factsOf(readStackFile(name))?.hostTraits);
  } catch (error) {
    return unknownLosses(hosts, messageOf(error).trim().split("\n").slice(0, 2).join(" "));
  }
}

/** The losses, from the reports of hosts and managers. Pure. */
function lossesOf(
  hosts: readonly string[],
  { matches, pinned, reachable }: Pick<Evaluation, "matches" | "pinned" | "reachable">,
  facts: AllFacts,
  hostTraits: HostTraits | undefined,
): Losses {
  const losses: string[] = [];
  const unknown: Record<string, string> = {};
  for (const host of hosts) {
    const desired = matches.find((match) => match.desired.name === host)?.desired;
    const own = facts[host];
    if (desired === undefined) unknown[host] = "the stack's outputs don't have it";
    else if (own?.reached !== true) unknown[host] = own?.seen ?? "it wasn't asked";
    else {
      const loss = lossOf(desired, own, pinned[host] ?? [], hostTraits);
      if (loss !== undefined) losses.push(loss);
      if (!reachable) unknown[host] = "no manager could list the services that are pinned to it";
    }
  }
  return { hosts, losses, unknown };
}

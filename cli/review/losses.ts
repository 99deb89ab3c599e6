/** Data deleted with the hosts that an update removes or replaces. A preview doesn't know it: the hosts are asked. */
import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import { askHosts } from "../cluster/ask-hosts";
import type { Evaluation } from "../cluster/evaluate";
import type { AllFacts } from "../cluster/host-facts";
import { inspect } from "../cluster/inspect";
import { lossOf } from "../operations/ladder";
import { readStack } from "../cluster/stack";
import type { ReviewedHost } from "./machines";

/** What is deleted with hosts. */
export interface Losses {
  readonly hosts: readonly string[];
  /** Volumes and pinned services, in words. */
  readonly losses: readonly string[];
  /** Why they may be more, by host. */
  readonly unknown: Readonly<Record<string, string>>;
}

/** Hosts whose volumes an update deletes. Managers take no tasks, and what they store is on the others, too. */
export function deletedHosts(hosts: readonly ReviewedHost[]): string[] {
  return hosts
    .filter(({ kind, role }) => role !== "manager" && (kind === "removed" || kind === "replaced"))
    .map(({ name }) => name);
}

/** Losses that nobody could look up. */
export function unknownLosses(hosts: readonly string[], why: string): Losses {
  return { hosts, losses: [], unknown: Object.fromEntries(hosts.map((host) => [host, why])) };
}

/**
 * Asks the hosts. Never throws: a review needs no way to them, and says so where there is none.
 *
 * @param docker the engine that the hosts are containers of: another way to ask them
 */
export async function askLosses(name: string, hosts: readonly string[], docker: Docker | undefined): Promise<Losses> {
  try {
    const stack = await readStack(name);
    const asked = { troubled: hosts, ...(docker === undefined ? {} : { docker }) };
    const [evaluation, facts] = await Promise.all([inspect(stack), askHosts(stack, asked)]);
    return lossesOf(hosts, evaluation, facts);
  } catch (error) {
    return unknownLosses(hosts, messageOf(error).trim().split("\n").slice(0, 2).join(" "));
  }
}

/** What hosts and managers have said. Pure. */
export function lossesOf(
  hosts: readonly string[],
  { matches, pinned, reachable }: Pick<Evaluation, "matches" | "pinned" | "reachable">,
  facts: AllFacts,
): Losses {
  const losses: string[] = [];
  const unknown: Record<string, string> = {};
  for (const host of hosts) {
    const desired = matches.find((match) => match.desired.name === host)?.desired;
    const own = facts[host];
    if (desired === undefined) unknown[host] = "the stack's outputs don't have it";
    else if (own?.reached !== true) unknown[host] = own?.seen ?? "it wasn't asked";
    else {
      const loss = lossOf(desired, own, pinned[host] ?? []);
      if (loss !== undefined) losses.push(loss);
      if (!reachable) unknown[host] = "no manager could list the services that are pinned to it";
    }
  }
  return { hosts, losses, unknown };
}

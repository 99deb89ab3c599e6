/** What goes with the hosts that an update removes or replaces. A preview doesn't know it: the hosts themselves do. */
import { messageOf } from "../../components/message";
import { askHosts } from "../cluster/ask-hosts";
import { inspect } from "../cluster/inspect";
import { lossOf } from "../cluster/ladder";
import { readStack } from "../cluster/stack";
import type { ReviewedHost } from "./machines";

/** What goes with hosts, where they said it. */
export type Losses =
  | { readonly hosts: readonly string[]; readonly told: readonly string[] }
  /** Hosts that take what lies on them along, and why nobody can say what that is. */
  | { readonly hosts: readonly string[]; readonly untold: string };

/** Hosts whose volumes an update deletes. Managers take no tasks, and what they store is on the others, too. */
export function goingHosts(hosts: readonly ReviewedHost[]): string[] {
  return hosts
    .filter(({ kind, role }) => role !== "manager" && (kind === "removed" || kind === "replaced"))
    .map(({ name }) => name);
}

/** Asks them. Never throws: a review needs no way to the hosts, and says so where there is none. */
export async function askLosses(name: string, hosts: readonly string[]): Promise<Losses> {
  try {
    const stack = await readStack(name);
    const [{ matches, pinned }, facts] = await Promise.all([inspect(stack), askHosts(stack, { troubled: hosts })]);
    const told = matches.flatMap(({ desired }) =>
      hosts.includes(desired.name) ? (lossOf(desired, facts[desired.name], pinned[desired.name] ?? []) ?? []) : [],
    );
    return { hosts, told };
  } catch (error) {
    return { hosts, untold: messageOf(error).split("\n", 1)[0] ?? "" };
  }
}

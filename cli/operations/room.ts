import { outputOf } from "../cluster/host-shell";
import { onBastion, scriptOnBastion } from "../cluster/run-script";
import type { LiveStack } from "../cluster/stack";

/** Seconds for the bastion to write a file, and for its answer: an election of the managers included. */
const WRITE_LIMIT = 15;
const ROOM_LIMIT = 90;

/** For how long an accepted gap or absence counts, in seconds: one host's replacement takes minutes on a cloud. */
const GAP_SECONDS = 3600;

/** What scripts/remove-node.sh reads: a time in seconds until which it counts, and a host's name. */
const GAPS = "/run/swarm-ha-accepted-gaps";
/** The same, of hosts that are dead. */
const ABSENT = "/run/swarm-ha-accepted-absent";

/**
 * Services whose tasks have no room elsewhere once these nodes leave, with reasons: what the scheduler would find.
 *
 * @throws Error when the cluster can't be asked
 */
export async function withoutRoom(stack: LiveStack, nodeIds: readonly string[]): Promise<string[]> {
  if (nodeIds.length === 0) return [];
  const data = { nodes: [...nodeIds], client: { key: stack.outputs.access.client.key } };
  return JSON.parse(await scriptOnBastion(stack, "room", data, ROOM_LIMIT)) as string[];
}

/** Says that nobody has to wait for these hosts while they are dead. */
export async function acceptAbsence(stack: LiveStack, hosts: readonly string[]): Promise<void> {
  await noteHosts(stack, hosts, ABSENT);
}

/** Says that the tasks of these hosts may be without a node until the hosts are back. */
export async function acceptGaps(stack: LiveStack, hosts: readonly string[]): Promise<void> {
  await noteHosts(stack, hosts, GAPS);
}

async function noteHosts(stack: LiveStack, hosts: readonly string[], file: string): Promise<void> {
  const command = `while read -r host; do echo "$(($(date +%s) + ${GAP_SECONDS})) $host"; done >${file}`;
  const lines = hosts.map((host) => `${host}\n`).join("");
  await onBastion(stack, async (bastion) => outputOf(await bastion.run(command, lines, WRITE_LIMIT)));
}

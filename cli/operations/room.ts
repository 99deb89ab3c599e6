import { messageOf } from "../../components/message";
import { scriptCall } from "../cluster/host-shell";
import { openBastion, type Tunnel } from "../cluster/bastion";
import type { LiveStack } from "../cluster/stack";

/** Seconds for the bastion, and for its answer: an election of the managers included. */
const DIAL_LIMIT = 15;
const ROOM_LIMIT = 90;

/** For how long an accepted gap counts, in seconds: one host's replacement takes minutes on a cloud. */
const GAP_SECONDS = 3600;

/** What scripts/remove-node.sh reads: a time in seconds until which it counts, and a host's name. */
const GAPS = "/run/swarm-ha-accepted-gaps";

/**
 * Services whose tasks have no room elsewhere once these nodes leave, with reasons: what the scheduler would find.
 *
 * @throws Error when the cluster can't be asked
 */
export async function withoutRoom(stack: LiveStack, nodeIds: readonly string[]): Promise<string[]> {
  if (nodeIds.length === 0) return [];
  const { command, input } = scriptCall("room", {
    nodes: [...nodeIds],
    client: { key: stack.outputs.access.client.key },
  });
  const { code, stdout, stderr } = await onBastion(stack, (bastion) => bastion.run(command, input, ROOM_LIMIT));
  if (code !== 0) throw new Error(stderr.trim().slice(-500));
  return JSON.parse(stdout) as string[];
}

/** Says that the tasks of these hosts may be without a node until the hosts are back. */
export async function acceptGaps(stack: LiveStack, hosts: readonly string[]): Promise<void> {
  const command = `while read -r host; do echo "$(($(date +%s) + ${GAP_SECONDS})) $host"; done >${GAPS}`;
  const lines = hosts.map((host) => `${host}\n`).join("");
  const { code, stderr } = await onBastion(stack, (bastion) => bastion.run(command, lines, DIAL_LIMIT));
  if (code !== 0) throw new Error(stderr.trim().slice(-500));
}

async function onBastion<T>(stack: LiveStack, work: (bastion: Tunnel) => Promise<T>): Promise<T> {
  const bastion = await openBastion(stack.outputs.access.bastion, DIAL_LIMIT).catch((error: unknown) => {
    throw new Error(`the bastion can't be reached: ${messageOf(error)}`);
  });
  try {
    return await work(bastion);
  } finally {
    bastion.close();
  }
}

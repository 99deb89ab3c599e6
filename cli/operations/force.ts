/** Forms a new cluster from one manager's data: `swarm init --force-new-cluster`, on that host. See scripts/recover.sh. */
import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import { outputOf } from "../cluster/host-shell";
import { actOnHost } from "../cluster/ask-hosts";
import { decryptNodeKey } from "../cluster/node-key";
import { readPosition } from "../cluster/raft";
import { scriptOnHost, withRoutes, type Routes } from "../cluster/run-script";
import type { LiveStack } from "../cluster/stack";
import { knownKeys } from "../cluster/unlock";

/**
 * Seconds: more than the script's own limits, 900 of them for the lock, because it would go on alone, and nobody would let the
 * other managers leave. All of it takes under 20 (measured).
 */
const FORCE_LIMIT = 1900;

/** What is to be done. */
export interface Forcing {
  /** The manager whose data become the swarm's. */
  readonly manager: string;
  /** Other managers that answer: they leave, so that their old data can't form a second swarm. */
  readonly leaving: readonly string[];
}

/** @returns why it failed */
export async function force(
  { manager, leaving }: Forcing,
  stack: LiveStack,
  docker: Docker | undefined,
): Promise<string | undefined> {
  const { swarmId, nodes } = stack.desired;
  const address = nodes.find(({ name }) => name === manager)?.address ?? "";
  const data = { name: manager, address, swarmId, at: new Date().toISOString() };
  try {
    await withRoutes(
      stack,
      async (routes) => {
        const unlock = await unlocking(stack, manager, routes);
        const all = unlock === undefined ? data : { ...data, unlock };
        outputOf((await scriptOnHost(stack, manager, "recover", all, { ...routes, limit: FORCE_LIMIT })).end);
      },
      { docker },
    );
  } catch (error) {
    return messageOf(error);
  }
  const left = await Promise.allSettled(leaving.map((name) => actOnHost(stack, name, "leave", docker)));
  const failures = left.flatMap((one, i) =>
    one.status === "rejected" ? [`${leaving[i] ?? ""} has not left the old swarm: ${messageOf(one.reason)}`] : [],
  );
  return failures.length === 0 ? undefined : failures.join("\n");
}

/** What an autolocked manager needs to start as the new swarm; nothing where it isn't autolocked. */
async function unlocking(
  stack: LiveStack,
  manager: string,
  routes: Routes,
): Promise<{ readonly nodeKey: string } | undefined> {
  const keys = knownKeys(stack);
  if (keys.length === 0) return undefined;
  const position = await readPosition(stack, manager, true, routes);
  if (position.log !== "read" || !position.locked) return undefined;
  let failure: unknown;
  for (const key of keys) {
    try {
      return { nodeKey: decryptNodeKey(position.nodeKey, key) };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

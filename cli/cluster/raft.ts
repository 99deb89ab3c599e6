/** How far the managers' Raft logs go, read from their disks: that needs no leader. See scripts/lib/raft.sh. */
import type Docker from "dockerode";
import { z } from "zod";
import { messageOf } from "../../components/message";
import { outputOf } from "./host-shell";
import { scriptOnHost, withRoutes, type Routes } from "./run-script";
import type { LiveStack } from "./stack";

/** Seconds for one host's answer: a Raft log is read within one. */
const READ_LIMIT = 30;

const positionSchema = z.discriminatedUnion("log", [
  z.object({
    log: z.literal("read"),
    /** Whether the swarm is autolocked, so that the keys on this host's disk are encrypted. */
    locked: z.boolean(),
    /** The last index that this manager knows to be committed. After a forced start, this is what the swarm has. */
    commit: z.number().int(),
    /** The last index that it has written. */
    last: z.number().int(),
    /** The terms of entries: from which index on there is which term. Empty without any entry. */
    terms: z.array(z.tuple([z.number().int(), z.number().int()])),
    /** The node's key file, if it is encrypted and was asked for; else empty. */
    nodeKey: z.string().default(""),
  }),
  /** `none`: it is a manager of no swarm. `unread`: why it is unknown. */
  z.object({ log: z.enum(["none", "unread"]), seen: z.string() }),
]);

/** What a manager's disk has. */
export type RaftPosition = z.infer<typeof positionSchema>;

/** By host name. */
export type RaftPositions = Readonly<Record<string, RaftPosition>>;

/** @throws Error when that is no report */
export function parsePosition(stdout: string): RaftPosition {
  return positionSchema.parse(JSON.parse(stdout));
}

/**
 * Reads one host's Raft log.
 *
 * @param key whether the node's encrypted key is read, too
 * @throws Error when the host can't be reached
 */
export async function readPosition(
  stack: LiveStack,
  name: string,
  key: boolean,
  routes: Routes,
): Promise<RaftPosition> {
  const { end } = await scriptOnHost(stack, name, "raft", { name, key }, { ...routes, limit: READ_LIMIT });
  return parsePosition(outputOf(end));
}

/**
 * Reads the key files of managers' nodes, by host name; empty where the file isn't encrypted. Never throws: a host that can't be
 * asked has an error.
 */
export function readNodeKeys(
  stack: LiveStack,
  names: readonly string[],
): Promise<Readonly<Record<string, string | { readonly error: string }>>> {
  return withRoutes(stack, async (routes) => {
    const read = names.map(async (name) => {
      const key = await readPosition(stack, name, true, routes).then(
        (position) => (position.log === "read" ? position.nodeKey : { error: position.seen }),
        (error: unknown) => ({ error: messageOf(error) }),
      );
      return [name, key] as const;
    });
    return Object.fromEntries(await Promise.all(read));
  });
}

/** Reads the Raft logs of these hosts. Never throws: failures are in the result. */
export function readPositions(
  stack: LiveStack,
  names: readonly string[],
  docker: Docker | undefined,
): Promise<RaftPositions> {
  return withRoutes(
    stack,
    async (routes) => {
      const read = names.map(async (name): Promise<readonly [string, RaftPosition]> => {
        try {
          return [name, await readPosition(stack, name, false, routes)];
        } catch (error) {
          return [name, { log: "unread", seen: messageOf(error) }];
        }
      });
      return Object.fromEntries(await Promise.all(read));
    },
    { docker },
  );
}

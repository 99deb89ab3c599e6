/** The SSH agent that a dial may use. */
import { connect } from "node:net";
import type { Hop } from "./connection";

/** Path of the agent's socket; undefined without one. */
export function agentSocket(hop: Pick<Hop, "agentSocketPath">): string | undefined {
  const inherited = process.env["SSH_AUTH_SOCK"];
  return hop.agentSocketPath ?? (inherited === "" ? undefined : inherited);
}

/**
 * Makes sure that the agent is there, as the official provider does before it dials: one that is gone fails the command,
 * whether its keys are needed or not.
 *
 * @throws Error in Go's words
 */
export async function checkAgent(hop: Pick<Hop, "agentSocketPath">): Promise<void> {
  const path = agentSocket(hop);
  if (path === undefined) return;
  await new Promise<void>((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const words: Record<string, string> = { ENOENT: "no such file or directory", ECONNREFUSED: "connection refused" };
      reject(new Error(`dial unix ${path}: connect: ${words[error.code ?? ""] ?? error.message}`));
    });
  });
}

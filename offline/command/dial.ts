/** One attempt to get an SSH connection, with the errors and the missing deadlines of Go's SSH library. */
import type { Duplex } from "node:stream";
import { connect as connectTcp } from "node:net";
import { Client } from "ssh2";
import { type Hop, sshConfig } from "./connection";

/** Milliseconds after which TCP itself looks whether a silent peer is there, as Go's dialer has it. */
const KEEP_ALIVE = 15_000;

/** A TCP connection to a hop from here. This is all that `perDialTimeout` limits. */
export function dialTcp(hop: Hop): Promise<Duplex> {
  const what = `dial tcp ${hop.host.includes(":") ? `[${hop.host}]` : hop.host}:${hop.port}`;
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: hop.host, port: hop.port, noDelay: true, keepAlive: true });
    socket.setKeepAlive(true, KEEP_ALIVE);
    const limit = hop.perDialTimeout * 1000;
    const late = (): void => void socket.destroy(new Error(`${what}: i/o timeout`));
    const timer = limit > 0 ? setTimeout(late, limit) : undefined;
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error.code === "ECONNREFUSED" ? new Error(`${what}: connect: connection refused`) : error);
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

/** A TCP connection to a hop from a proxy. The official provider has no deadline for it. */
export function dialThrough(proxy: Client, hop: Hop): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    proxy.forwardOut("0.0.0.0", 0, hop.host, hop.port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(new Error(`ssh: rejected: ${rejection(error.message)}`));
    });
  });
}

/** ssh2 says "(SSH) Channel open failure: <description>", with a code of its own; Go: "<code's meaning> (<description>)". */
function rejection(message: string): string {
  const description = /Channel open failure: ?(.*)$/.exec(message)?.[1] ?? "";
  return `connect failed (${description})`;
}

/**
 * Shakes hands on a stream, for as long as the other side takes: the official provider has no deadline for it. The stream
 * belongs to the connection, and ends with it.
 */
export function handshake(hop: Hop, stream: Duplex): Promise<Client> {
  // A second handshake on a connection that the first one has ended: what the official provider does behind a proxy.
  if (stream.destroyed || stream.readableEnded) return Promise.reject(new Error("ssh: handshake failed: EOF"));
  const client = new Client();
  client.setMaxListeners(0); // Each command under way listens for its end.
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      client.destroy();
      stream.destroy();
      reject(new Error(`ssh: handshake failed: ${reason}`));
    };
    // Always listened to: a second error would otherwise end the process.
    client.on("error", (error) => {
      fail(explain(error));
    });
    client.once("close", () => {
      fail("EOF");
    });
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => hop.password ?? ""));
    });
    client.once("ready", () => {
      client.removeAllListeners("error");
      client.removeAllListeners("close");
      resolve(client);
    });
    client.connect({ ...sshConfig(hop), sock: stream });
  });
}

function explain(error: Error): string {
  if (/Host denied|host verification/i.test(error.message)) return "ssh: host key mismatch";
  if (/no matching host key format/i.test(error.message)) return "ssh: no common algorithm for host key";
  if (/authentication methods failed/i.test(error.message))
    return "ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain";
  if (/connection lost before handshake/i.test(error.message)) return "EOF";
  return error.message;
}

/** One attempt to get an SSH connection. */
import type { Duplex } from "node:stream";
import { connect as connectTcp } from "node:net";
import { Client } from "ssh2";
import { type Hop, label, sshConfig } from "./connection";

/** A TCP connection to a hop from here. */
export function dialTcp(hop: Hop): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: hop.host, port: hop.port, noDelay: true });
    const timer = deadline(hop, () => socket.destroy(new Error(`dial tcp ${hop.host}:${hop.port}: i/o timeout`)));
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

/** A TCP connection to a hop from a bastion. */
export function dialThrough(bastion: Client, hop: Hop): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = deadline(hop, () => {
      late = true;
      reject(new Error(`no answer from ${hop.host}:${hop.port} within ${hop.perDialTimeout} s`));
    });
    bastion.forwardOut("127.0.0.1", 0, hop.host, hop.port, (error, channel) => {
      clearTimeout(timer);
      if (error !== undefined) reject(new Error(`can't reach ${hop.host}:${hop.port}: ${error.message}`));
      else if (late) channel.destroy();
      else resolve(channel);
    });
  });
}

/** Shakes hands on a stream. The stream belongs to the connection, and ends with it. */
export function handshake(hop: Hop, stream: Duplex): Promise<Client> {
  const client = new Client();
  client.setMaxListeners(0); // Each command and each forwarding under way listens for its end.
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      client.destroy();
      stream.destroy();
      reject(new Error(`ssh: handshake with ${label(hop)} failed: ${explain(error, hop)}`));
    };
    // Always listened to: after a time-out ssh2 also reports the loss of the connection, and that would end the process.
    client.on("error", fail);
    client.once("close", () => {
      fail(new Error("connection closed"));
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

function explain(error: Error, hop: Hop): string {
  if (/Host denied|host verification/i.test(error.message)) return "ssh: host key mismatch";
  if (/no matching host key format/i.test(error.message))
    return `ssh: host key mismatch: the machine has no ${hop.hostKey?.split(" ", 1)[0] ?? "known"} host key`;
  if (/authentication methods failed/i.test(error.message))
    return `ssh: unable to authenticate as ${hop.user}: no supported methods remain`;
  if (/Timed out/i.test(error.message)) return `no answer within ${hop.perDialTimeout} s`;
  return error.message;
}

/** A timer for one dial; 0 seconds means none. */
function deadline(hop: Hop, late: () => void): NodeJS.Timeout | undefined {
  return hop.perDialTimeout > 0 ? setTimeout(late, hop.perDialTimeout * 1000) : undefined;
}

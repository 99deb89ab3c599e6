import type { Duplex } from "node:stream";
import { Client } from "ssh2";
import type { Access } from "../outputs";
import { messageOf } from "../message";
import { within } from "../limit";
import { execute, logIn, type ScriptEnd } from "./client";
import { callAsRoot } from "./elevate";

/** The bastion answers, but can't open a connection: the log-in is alive. */
export class Refused extends Error {}

/** A log-in to the bastion, which reaches all hosts. */
export interface Tunnel {
  /**
   * Opens a TCP connection from the bastion.
   *
   * @param signal destroys the connection, also one that opens after the abort @default nothing does
   * @throws Refused when the bastion can't connect, Error when the log-in is dead
   */
  readonly connect: (address: string, port: number, signal?: AbortSignal) => Promise<Duplex>;
  /**
   * Runs a command on the bastion, as root.
   *
   * @param input its standard input
   * @param limit seconds after which the connection ends, and with it the command
   * @param progress gets its standard error as it is printed @default it is only in the result
   * @throws Error when it doesn't end by itself
   */
  readonly run: (
    command: string,
    input: string,
    limit: number,
    progress?: (text: string) => void,
  ) => Promise<ScriptEnd>;
  readonly close: () => void;
}

/**
 * Logs in to the bastion, whose host key has to be the pinned one.
 *
 * @param limit seconds
 * @throws Error with what was seen last
 */
export function openBastion(login: Access["bastion"], limit: number): Promise<Tunnel> {
  const { host, port, user, privateKey, hostKey } = login;
  const client = new Client();
  client.setMaxListeners(0); // Each forwarding that is being opened listens for the connection's end.
  return within(limit, async ({ signal, phase }) => {
    phase(`logging in to ${host}:${port}`);
    signal.addEventListener("abort", () => client.destroy());
    const config = { host, port, username: user, privateKey, readyTimeout: limit * 1000 };
    await logIn(client, hostKey, config).catch((error: unknown) => {
      throw new Error(`${host}:${port}: ${messageOf(error)}`);
    });
    return {
      connect: (address, to, signal) => forward(client, address, to, signal),
      run: (command, input, seconds, progress) =>
        within(seconds, ({ signal, phase }) => {
          phase("a command ran on the bastion");
          signal.addEventListener("abort", () => client.end());
          const call = callAsRoot({ command, input }, login);
          return execute(client, call.command, call.input, progress);
        }),
      close: () => void client.end(),
    };
  });
}

function forward(client: Client, address: string, port: number, signal?: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const lost = (): void => {
      reject(new Error("the connection to the bastion ended"));
    };
    client.once("close", lost);
    client.forwardOut("127.0.0.1", 0, address, port, (error, channel) => {
      client.off("close", lost);
      if (error) {
        const text = `${address}:${port} from the bastion: ${error.message.replace(/^\(SSH\) /, "")}`;
        // ssh2 gives a failure a number as its reason when the server has sent one.
        const refused = typeof (error as { reason?: unknown }).reason === "number";
        reject(refused ? new Refused(text) : new Error(text));
        return;
      }
      const end = (): void => void channel.destroy();
      if (signal?.aborted === true) end();
      signal?.addEventListener("abort", end);
      resolve(channel.on("error", () => undefined)); // Its readers see that it ends.
    });
  });
}

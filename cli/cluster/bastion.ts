import type { Duplex } from "node:stream";
import { Client } from "ssh2";
import type { Access } from "../../components/outputs";
import { executeScript, type ScriptEnd } from "./host-shell";
import { within } from "./limit";

/** The bastion answers, and can't open a connection: the log-in is alive. */
export class Refused extends Error {}

/** A way to the machines inside. */
export interface Tunnel {
  /** Opens a TCP connection from the bastion. @throws Refused when the bastion can't, Error when the log-in is dead */
  connect(address: string, port: number): Promise<Duplex>;
  /**
   * Runs a command line on the bastion; what it prints goes where this program's own goes.
   *
   * @param input its standard input
   * @param limit seconds after which the connection ends, and with it the command
   * @param hear gets its standard output instead @default it is printed
   * @returns its exit code @throws Error when it doesn't end by itself
   */
  run(command: string, input: string, limit: number, hear?: (text: string) => void): Promise<number>;
  /** The same; what it prints is its answer. @throws Error when it doesn't end by itself */
  capture(command: string, input: string, limit: number): Promise<ScriptEnd>;
  close(): void;
}

/**
 * Logs in to the bastion, whose host key has to be the pinned one.
 *
 * @param limit seconds
 * @throws Error that says what was seen last
 */
export function openBastion(bastion: Access["bastion"], limit: number): Promise<Tunnel> {
  const { host, port, user } = bastion;
  const client = new Client();
  client.setMaxListeners(0); // Each forwarding that is being opened listens for the connection's end.
  let impostor = false;
  return within(limit, async ({ signal, phase }) => {
    phase(`logging in to ${host}:${port}`);
    signal.addEventListener("abort", () => client.destroy());
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve);
      // Always listened to: a second error, long after the first, would otherwise end the process.
      client.on("error", (error) => {
        const wrong = `${host}:${port} shows another host key than the bastion's: somebody else answers there`;
        reject(impostor ? new Error(wrong) : new Error(`${host}:${port}: ${error.message}`));
      });
      client.once("close", () => {
        reject(new Error(`${host}:${port} closed the connection`));
      });
      client.connect({
        host,
        port,
        username: user,
        privateKey: bastion.privateKey,
        readyTimeout: limit * 1000,
        algorithms: { serverHostKey: ["ssh-ed25519"] },
        hostVerifier: (key: Buffer) => {
          impostor = key.toString("base64") !== bastion.hostKey.trim().split(/\s+/)[1];
          return !impostor;
        },
      });
    });
    return {
      connect: (address, to) => forward(client, address, to),
      run: (command, input, seconds, hear) =>
        within(seconds, ({ signal, phase }) => {
          phase("a command ran on the bastion");
          signal.addEventListener("abort", () => client.end());
          return execute(client, command, input, hear);
        }),
      capture: (command, input, seconds) =>
        within(seconds, ({ signal, phase }) => {
          phase("a command ran on the bastion");
          signal.addEventListener("abort", () => client.end());
          return executeScript(client, command, input);
        }),
      close: () => void client.end(),
    };
  });
}

function forward(client: Client, address: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const lost = (): void => {
      reject(new Error("the connection to the bastion ended"));
    };
    client.once("close", lost);
    client.forwardOut("127.0.0.1", 0, address, port, (error, channel) => {
      client.off("close", lost);
      const text = `${address}:${port} from the bastion: ${error?.message.replace(/^\(SSH\) /, "") ?? ""}`;
      // ssh2 gives a failure a number as its reason when the server has sent one.
      const refused = typeof (error as { reason?: unknown } | undefined)?.reason === "number";
      if (error) reject(refused ? new Refused(text) : new Error(text));
      else resolve(channel.on("error", () => undefined)); // Whoever reads from it sees that it ends.
    });
  });
}

function execute(client: Client, command: string, input: string, hear?: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      if (hear === undefined) channel.pipe(process.stdout, { end: false });
      else channel.setEncoding("utf8").on("data", hear);
      channel.stderr.pipe(process.stderr, { end: false });
      let code: number | null = null;
      channel.on("exit", (ended: number | null) => (code = ended));
      channel.on("close", () => {
        if (code === null) reject(new Error("the command on the bastion ended without an exit code"));
        else resolve(code);
      });
      channel.end(input);
    });
  });
}

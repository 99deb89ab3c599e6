import { text } from "node:stream/consumers";
import type { Duplex } from "node:stream";
import { Client } from "ssh2";
import { dataText, readScript, sent, type StepData } from "../../components/ssh/script";
import { within } from "./limit";

/** A host's sshd as the bastion reaches it, and the keys that authenticate both sides. */
export interface HostShell {
  readonly name: string;
  readonly address: string;
  /** Client private key, OpenSSH format. */
  readonly privateKey: string;
  /** The host's public key, `authorized_keys` format. */
  readonly hostKey: string;
}

/** How a script on a host ended. */
export interface ScriptEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Seconds until the host has let the client in. A host of a working cluster does so in well under one. */
const LOGIN_LIMIT = 8;

/** sshd of every host. */
export const SSH_PORT = 22;

/** The command line and standard input of one of our scripts. */
export function scriptCall(step: string, data: StepData): { readonly command: string; readonly input: string } {
  const script = readScript(step);
  return { command: sent(script), input: script.text + dataText(data) };
}

/**
 * Runs one of our scripts on a host, over a connection from the bastion. The host key has to be the pinned one.
 *
 * @param connect opens a TCP connection from the bastion
 * @param limit seconds that the script may take
 * @throws Error when the host can't be reached, shows another key, or the script doesn't end
 */
export async function runOnHost(
  host: HostShell,
  connect: (address: string, port: number) => Promise<Duplex>,
  call: { readonly command: string; readonly input: string },
  limit: number,
): Promise<ScriptEnd> {
  const client = new Client();
  try {
    await within(LOGIN_LIMIT, async ({ signal, phase }) => {
      phase(`connecting to ${host.address}:${SSH_PORT} from the bastion`);
      const sock = await connect(host.address, SSH_PORT);
      signal.addEventListener("abort", () => sock.destroy());
      phase(`logging in to ${host.address}:${SSH_PORT} from the bastion`);
      await login(client, host, sock);
    });
    return await within(limit, ({ phase }) => {
      phase(`a script ran on ${host.name}`);
      return executeScript(client, call.command, call.input);
    });
  } finally {
    client.destroy();
  }
}

function login(client: Client, host: HostShell, sock: Duplex): Promise<void> {
  const pinned = host.hostKey.trim().split(/\s+/)[1];
  let shown: string | undefined;
  return new Promise<void>((resolve, reject) => {
    client.once("ready", resolve);
    // Always listened to: a second error, long after the first, would otherwise end the process.
    client.on("error", (error) => {
      reject(
        shown === undefined || shown === pinned ? error : new Error("it shows another host key than the pinned one"),
      );
    });
    client.once("close", () => {
      reject(new Error("it closed the connection during the login"));
    });
    client.connect({
      sock,
      username: "root",
      privateKey: host.privateKey,
      readyTimeout: LOGIN_LIMIT * 1000,
      algorithms: { serverHostKey: ["ssh-ed25519"] },
      hostVerifier: (key: Buffer) => (shown = key.toString("base64")) === pinned,
    });
  });
}

/** Runs a command over a connection that has logged in. @throws Error when it ends without an exit code */
export function executeScript(client: Client, command: string, input: string): Promise<ScriptEnd> {
  return new Promise((resolve, reject) => {
    const lost = (): void => {
      reject(new Error("the connection ended while the script ran"));
    };
    client.once("close", lost);
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      const outputs = Promise.all([text(channel), text(channel.stderr)]);
      let code: number | null = null;
      channel.on("exit", (ended: number | null) => (code = ended));
      channel.on("close", () => {
        client.off("close", lost);
        outputs.then(([stdout, stderr]) => {
          if (code === null) reject(new Error(`the script ended without an exit code: ${stderr.trim().slice(-300)}`));
          else resolve({ code, stdout, stderr });
        }, reject);
      });
      channel.end(input);
    });
  });
}

/** SSH log-ins with a pinned host key, and commands over them. */
import type { Client, ConnectConfig } from "ssh2";

/** How a command ended. */
export interface ScriptEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whether a log-in failed because sshd doesn't let the key in, and for no other reason. ssh2, lib/client.js. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.message.includes("All configured authentication methods failed");
}

/** A host that dies under a script is noticed after 2 minutes, in place of at the script's limit, which is up to 20. */
const ALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 8 } as const;

/** Logs in with a private key. @throws Error when that fails, or the host key isn't the pinned one (`authorized_keys` format) */
export function logIn(client: Client, hostKey: string, config: ConnectConfig): Promise<void> {
  const pinned = hostKey.trim().split(/\s+/)[1];
  let shown = pinned;
  return new Promise<void>((resolve, reject) => {
    client.once("ready", resolve);
    // Always listened to: a second error, long after the first, would otherwise end the process.
    client.on("error", (error) => {
      reject(
        shown === pinned
          ? error
          : new Error("it shows another host key than the pinned one: another server answers there"),
      );
    });
    client.once("close", () => {
      reject(new Error("it closed the connection during the login"));
    });
    client.connect({
      ...ALIVE,
      ...config,
      algorithms: { serverHostKey: ["ssh-ed25519"] },
      hostVerifier: (key: Buffer) => (shown = key.toString("base64")) === pinned,
    });
  });
}

/**
 * Runs a command.
 *
 * @param input its standard input
 * @param progress gets its standard error as it is printed @default it is only in the result
 * @throws Error when it ends without an exit code
 */
export function execute(
  client: Client,
  command: string,
  input: string,
  progress?: (text: string) => void,
): Promise<ScriptEnd> {
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
      let [stdout, stderr] = ["", ""];
      let code: number | null = null;
      channel.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      channel.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
        progress?.(text);
      });
      channel.on("exit", (ended: number | null) => (code = ended));
      channel.on("close", () => {
        client.off("close", lost);
        if (code === null) reject(new Error(`the script ended without an exit code: ${stderr.trim().slice(-300)}`));
        else resolve({ code, stdout, stderr });
      });
      channel.end(input);
    });
  });
}

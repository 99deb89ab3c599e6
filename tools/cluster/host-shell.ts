import { Client } from "ssh2";
import { PORTS } from "../../components/swarm/ports";
import { resourcesOf, nameOf, type Deployment } from "./deployment";
import { within } from "./limit";
import type { Tunnel } from "./operator";

/** A host, as one who logs in to it needs it. */
export interface HostLogin {
  readonly name: string;
  /** As seen from the bastion. */
  readonly address: string;
  /** Public host key, to be pinned. */
  readonly hostKey: string;
  /** Private key that logs in, OpenSSH's format. */
  readonly privateKey: string;
}

/** Name of the resource that holds a host's key: components/ssh/keys.ts. */
const HOST_KEY = /^ssh-host-(.+)$/;

/** The hosts' public keys by name, as the state has them. */
export function hostKeysOf(deployment: Deployment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    resourcesOf(deployment).flatMap(({ urn, type, outputs }) => {
      const name = HOST_KEY.exec(nameOf(urn))?.[1];
      const key = outputs?.["publicKeyOpenssh"];
      return type === "tls:index/privateKey:PrivateKey" && name !== undefined && typeof key === "string"
        ? [[name, key] as const]
        : [];
    }),
  );
}

/**
 * Runs a command on a host, over the bastion, and only if it shows its pinned key.
 *
 * @param limit seconds for all of it
 * @returns its standard output
 * @throws Error that says what was seen last, also when the command fails
 */
export function runOnHost(tunnel: Tunnel, host: HostLogin, command: string, limit: number): Promise<string> {
  const { name, address, hostKey, privateKey } = host;
  return within(limit, async ({ signal, phase }) => {
    phase(`connecting to ${name} (${address}:${PORTS.ssh}) from the bastion`);
    const sock = await tunnel.connect(address, PORTS.ssh);
    const client = new Client();
    signal.addEventListener("abort", () => client.destroy());
    let wrongKey = false;
    try {
      phase(`logging in to ${name}`);
      await new Promise<void>((resolve, reject) => {
        client.once("ready", resolve);
        client.on("error", (error) => {
          reject(
            new Error(wrongKey ? `${name} shows another host key than the pinned one` : `${name}: ${error.message}`),
          );
        });
        client.once("close", () => {
          reject(new Error(`${name} closed the connection`));
        });
        client.connect({
          sock,
          username: "root",
          privateKey,
          readyTimeout: limit * 1000,
          algorithms: { serverHostKey: ["ssh-ed25519"] },
          hostVerifier: (key: Buffer) => {
            wrongKey = key.toString("base64") !== hostKey.trim().split(/\s+/)[1];
            return !wrongKey;
          },
        });
      });
      phase(`a command ran on ${name}`);
      return await execute(client, name, command);
    } finally {
      client.end();
    }
  });
}

function execute(client: Client, name: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      const heard = { stdout: "", stderr: "" };
      channel.setEncoding("utf8").on("data", (text: string) => (heard.stdout += text));
      channel.stderr.setEncoding("utf8").on("data", (text: string) => (heard.stderr += text));
      let code: number | null = null;
      channel.on("exit", (ended: number | null) => (code = ended));
      channel.on("close", () => {
        if (code === 0) resolve(heard.stdout);
        else reject(new Error(`${name}: exit code ${String(code)}: ${heard.stderr.trim().slice(-300)}`));
      });
      channel.end();
    });
  });
}

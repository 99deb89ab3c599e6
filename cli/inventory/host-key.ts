/** SSH host keys: asked for before anybody logs in, and shown as OpenSSH shows them. */
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { Client, type ConnectConfig } from "ssh2";

/** Seconds until a host must have shown its key. */
const LIMIT = 10;

/** Where a host's sshd is: dialled from here, or over a connection that is open already. */
export type Sshd = { readonly host: string; readonly port: number } | { readonly sock: Duplex };

/**
 * Asks for a host's ED25519 key. The handshake shows it before anybody logs in, and is then ended.
 *
 * @returns `ssh-ed25519 AAAA…`
 * @throws Error with what was seen
 */
export function askHostKey(sshd: Sshd, limit = LIMIT): Promise<string> {
  const client = new Client();
  const config: ConnectConfig = "sock" in sshd ? { sock: sshd.sock } : { host: sshd.host, port: sshd.port };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      client.destroy();
      reject(new Error(`it shows no host key within ${String(limit)} s`));
    }, limit * 1000);
    const end = (work: () => void): void => {
      clearTimeout(timer);
      client.end();
      work();
    };
    client.on("error", (error) => {
      end(() => {
        reject(
          /no matching host key/i.test(error.message)
            ? new Error("it has no ED25519 host key. Create it there: ssh-keygen -A, then restart sshd")
            : error,
        );
      });
    });
    client.once("close", () => {
      end(() => {
        reject(new Error("it closed the connection before it showed a host key"));
      });
    });
    client.connect({
      ...config,
      username: "nobody",
      readyTimeout: limit * 1000,
      algorithms: { serverHostKey: ["ssh-ed25519"] },
      hostVerifier: (key: Buffer): boolean => {
        end(() => {
          resolve(`ssh-ed25519 ${key.toString("base64")}`);
        });
        return false;
      },
    });
  });
}

/** `SHA256:…`, as `ssh-keygen -lf` prints it. @param hostKey `ssh-ed25519 AAAA…` */
export function fingerprint(hostKey: string): string {
  const key = Buffer.from(hostKey.trim().split(/\s+/)[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

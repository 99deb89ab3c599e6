/** Private keys in OpenSSH's format. Source: PROTOCOL.key of openssh-portable. */

const PEM = /^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END OPENSSH PRIVATE KEY-----\s*$/;

/** What a key without passphrase begins with: the magic, and the name of the cipher. */
const PLAIN = Buffer.from("openssh-key-v1\0\0\0\0\x04none");

/** Whether a text is a private key in OpenSSH's format, without passphrase. */
export function isPrivateKey(text: string): boolean {
  const [, body = ""] = PEM.exec(text) ?? [];
  return Buffer.from(body, "base64").subarray(0, PLAIN.length).equals(PLAIN);
}

/** The key as OpenSSH reads it: with a line's end behind it, and no others than its own. */
export function normalKey(text: string): string {
  return `${text.replaceAll("\r", "").trim()}\n`;
}

/** What stands for an encrypted key in checks that can't decrypt it. It opens nothing. */
export const PRIVATE_KEY_EXAMPLE = `-----BEGIN OPENSSH PRIVATE KEY-----\n${PLAIN.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;

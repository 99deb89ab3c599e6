import { generateKeyPairSync } from "node:crypto";
import { openSshPrivateKey, openSshPublicKey } from "../../offline/lib/openssh";

/** Both halves of a key pair, in OpenSSH's formats; the public one is a line without its end. */
export interface SshKeyPair {
  readonly private: string;
  readonly public: string;
}

/** A new Ed25519 key pair. ssh2's own generator makes one malformed key in 270. */
export function sshKeyPair(): SshKeyPair {
  const { privateKey } = generateKeyPairSync("ed25519");
  return { private: openSshPrivateKey(privateKey), public: openSshPublicKey(privateKey).trim() };
}

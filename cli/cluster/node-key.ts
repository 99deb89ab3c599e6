/**
 * Decrypts the key file of an autolocked manager, as its Docker engine does it when it is unlocked. `swarm init
 * --force-new-cluster` takes no unlock key (moby 36852), so the Docker engine has to find the file decrypted. As the
 * swarm's leader it then encrypts it again with the key that the swarm's settings hold.
 *
 * Sources: swarmkit, ca/keyreadwriter.go, manager/deks.go, manager/encryption/nacl.go.
 */
import { createPrivateKey } from "node:crypto";
import nacl from "tweetnacl";
import { messageOf } from "../../components/message";

const PREFIX = "SWMKEY-1-";
/** Headers that hold keys of the Raft log. */
const KEYS: readonly string[] = ["raft-dek", "raft-dek-pending"];
/** Headers that only an encrypted file has. */
const OF_ENCRYPTION: readonly string[] = ["kek-version", "Proc-Type", "DEK-Info"];
/** Field numbers and wire types of swarmkit's MaybeEncryptedRecord (protobuf). */
const ALGORITHM = 0x08;
const DATA = 0x12;
const NONCE = 0x1a;
/** Its value for NaCl's secretbox; 0, the default, is no encryption. */
const SECRETBOX = 1;

/**
 * @param file text of `swarm-node.key`
 * @param unlockKey `SWMKEY-1-…`
 * @returns the text of the same file, not encrypted
 * @throws Error when the key is wrong, or the file isn't one
 */
export function decryptNodeKey(file: string, unlockKey: string): string {
  const kek = Buffer.from(unlockKey.slice(PREFIX.length), "base64");
  if (!unlockKey.startsWith(PREFIX) || kek.length !== nacl.secretbox.keyLength)
    throw new Error("that is no unlock key: it has to be SWMKEY-1- and 43 letters");
  const { begin, headers, rest } = parts(file);
  const decrypted = headers.flatMap(([name, value]) => {
    if (OF_ENCRYPTION.includes(name)) return [];
    return [`${name}: ${KEYS.includes(name) ? plainRecord(decryptRecord(value, kek)) : value}`];
  });
  const [first = "", ...lines] = plainPem(begin, headers, rest, kek).split("\n");
  return [first, ...decrypted, "", ...lines].join("\n");
}

/** A PEM file's first line, headers, and what follows them. */
function parts(file: string): { begin: string; headers: [string, string][]; rest: string } {
  const [, begin, head, rest] = /^(-----BEGIN [A-Z ]+-----)\n((?:[\w-]+: .*\n)+)\n([^]+)$/.exec(file.trim()) ?? [];
  if (begin === undefined || head === undefined || rest === undefined)
    throw new Error("the node's key file has no PEM headers");
  const headers = head
    .trim()
    .split("\n")
    .map((line): [string, string] => {
      const [name = "", ...value] = line.split(": ");
      return [name, value.join(": ")];
    });
  return { begin, headers, rest };
}

function plainPem(begin: string, headers: readonly [string, string][], rest: string, kek: Buffer): string {
  // OpenSSL knows the headers of its own encryption, and no others.
  const own = headers.filter(([name]) => name === "Proc-Type" || name === "DEK-Info");
  const head = own.length === 0 ? "" : `${own.map(([name, value]) => `${name}: ${value}\n`).join("")}\n`;
  try {
    const key = createPrivateKey({ key: `${begin}\n${head}${rest}\n`, format: "pem", passphrase: kek });
    return key.export({ type: "pkcs8", format: "pem" }).toString();
  } catch (error) {
    throw new Error(`the unlock key doesn't decrypt the node's key (${messageOf(error)})`, { cause: error });
  }
}

function decryptRecord(header: string, kek: Buffer): Uint8Array {
  const record = Buffer.from(header, "base64");
  let algorithm = 0;
  let data: Buffer = Buffer.alloc(0);
  let nonce: Buffer = Buffer.alloc(0);
  for (let at = 0; at < record.length;) {
    const tag = record[at] ?? 0;
    const value = record[at + 1] ?? 0;
    at += 2;
    if (tag === ALGORITHM) {
      algorithm = value;
      continue;
    }
    const bytes = record.subarray(at, at + value);
    at += value;
    if (tag === DATA) data = bytes;
    else if (tag === NONCE) nonce = bytes;
    else throw new Error("the node's key file has a Raft key of an unknown form");
  }
  if (algorithm !== SECRETBOX) throw new Error(`the Raft key is encrypted by an unsupported algorithm (${algorithm})`);
  const plain: unknown = nacl.secretbox.open(data, nonce, kek);
  if (!(plain instanceof Uint8Array)) throw new Error("the unlock key doesn't decrypt the Raft key");
  return plain;
}

/** A record that isn't encrypted. Its key is short, so its length is one byte. */
function plainRecord(data: Uint8Array): string {
  return Buffer.from([DATA, data.length, ...data]).toString("base64");
}

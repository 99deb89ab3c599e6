/** Connection settings, as `command.remote` has them, and what ssh2 makes of them. */
import { createHash } from "node:crypto";
import type { ConnectConfig } from "ssh2";
import { utils } from "ssh2";
import { isObject, type Properties, reveal, type Value } from "../lib/values";
import { agentSocket } from "./agent";
import { sshPrivateKey } from "./private-key";

/** One hop. */
export interface Hop {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly privateKey?: string;
  readonly privateKeyPassword?: string;
  readonly agentSocketPath?: string;
  /** Failed dials that are forgiven; -1 for no limit. */
  readonly dialErrorLimit: number;
  /** Seconds for a TCP connection; 0 for no limit. The handshake that follows has none. */
  readonly perDialTimeout: number;
  /** The only host key that is accepted, in authorized_keys format. @default any */
  readonly hostKey?: string;
}

/** A whole connection: a host, and the bastion on the way to it. */
export interface Connection extends Hop {
  readonly proxy?: Hop;
}

/** Values of a hop that isn't told otherwise. */
const DEFAULTS = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 } as const;
const STRINGS = ["user", "password", "host", "privateKey", "privateKeyPassword", "agentSocketPath", "hostKey"];
const NUMBERS = ["port", "dialErrorLimit", "perDialTimeout"];

/** A hop's settings with its defaults filled in. */
export function withDefaults(hop: Properties): Properties {
  const filled: Properties = { ...hop };
  for (const [key, value] of Object.entries(DEFAULTS)) filled[key] ??= value;
  if (isObject(filled["proxy"])) filled["proxy"] = withDefaults(filled["proxy"]);
  return filled;
}

/** What is wrong with connection settings without secret marks; unknowns are let through. */
export function connectionProblems(value: Value | undefined, unknown: Value, path = "connection"): string[] {
  if (value === unknown) return [];
  if (!isObject(value)) return [`${path} must be an object`];
  const problems = value["host"] === undefined || value["host"] === null ? [`${path}.host is missing`] : [];
  for (const [key, inner] of Object.entries(value)) {
    if (inner === unknown || inner === null) continue;
    if (STRINGS.includes(key) && typeof inner !== "string") problems.push(`${path}.${key} must be a string`);
    if (NUMBERS.includes(key) && typeof inner !== "number") problems.push(`${path}.${key} must be a number`);
    if (key === "proxy") problems.push(...connectionProblems(inner, unknown, `${path}.proxy`));
  }
  return problems;
}

/** A checked connection out of a resource's properties; secret marks go, defaults come. */
export function parseConnection(value: Value | undefined): Connection {
  const plain = reveal(value ?? null);
  const problems = connectionProblems(plain, null);
  if (problems.length > 0) throw new Error(problems.join("; "));
  return withDefaults(plain as Properties) as unknown as Connection;
}

/** A name for everything that makes one connection another than a second one. */
export function fingerprint(connection: Hop): string {
  return createHash("sha256").update(JSON.stringify(connection)).digest("hex");
}

/**
 * ssh2's settings for a hop.
 *
 * @throws Error for a key that can't be read; dialling again wouldn't help.
 */
export function sshConfig(hop: Hop): ConnectConfig {
  const agent = agentSocket(hop);
  const secondFactor = hop.password;
  return {
    username: hop.user,
    ...(hop.privateKey === undefined ? {} : { privateKey: sshPrivateKey(hop.privateKey, hop.privateKeyPassword) }),
    ...(hop.privateKeyPassword === undefined ? {} : { passphrase: hop.privateKeyPassword }),
    ...(secondFactor === undefined ? {} : { password: secondFactor, tryKeyboard: true }),
    ...(agent === undefined ? {} : { agent }),
    ...hostKeyCheck(hop.hostKey),
    // Neither a deadline for the handshake nor a look whether the other side is there: the official provider has none.
    readyTimeout: 0,
  };
}

function hostKeyCheck(hostKey: string | undefined): Partial<ConnectConfig> {
  // The AES ciphers are node's own and fast; ssh2's ChaCha20 isn't.
  const cipher = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr"] as const;
  if (hostKey === undefined) return { algorithms: { cipher: [...cipher] }, hostVerifier: () => true };
  const expected = utils.parseKey(hostKey);
  if (expected instanceof Error) throw new Error(`failed to parse host key: ${expected.message}`);
  const blob = expected.getPublicSSH();
  const types = expected.type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [expected.type];
  return {
    algorithms: { cipher: [...cipher], serverHostKey: types as never[] },
    hostVerifier: (key: Buffer): boolean => key.equals(blob),
  };
}

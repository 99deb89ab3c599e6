import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { platformOf, type StackConfig } from "../../config";
import type { HostSpec } from "../../plan/placement";

/** Arguments of {@link SshKeys}. */
export interface SshKeysArgs {
  /** Names of all hosts that get a host key, the bastion included. */
  readonly hosts: readonly string[];
}

/**
 * One client key for the stack and one host key per host name, all ED25519.
 *
 * A host key belongs to a name and stays when the host is replaced. The new host has the key that
 * was pinned for the old one, so nobody has to accept a new fingerprint.
 */
export class SshKeys extends pulumi.ComponentResource {
  /** The key that this stack's steps log in with. */
  public readonly client: tls.PrivateKey;

  /** Host keys by host name. */
  public readonly hostKeys: Readonly<Record<string, tls.PrivateKey>>;

  public constructor(name: string, args: SshKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:ssh:Keys", name, {}, opts);
    const key = (keyName: string): tls.PrivateKey =>
      new tls.PrivateKey(keyName, { algorithm: "ED25519" }, { parent: this });
    this.client = key(`${name}-client`);
    this.hostKeys = Object.fromEntries(args.hosts.map((host) => [host, key(`${name}-host-${host}`)]));
    this.registerOutputs({});
  }

  /**
   * The host key of a host.
   *
   * @throws Error if there is no key for that name, because it isn't in {@link SshKeysArgs.hosts}.
   */
  public hostKey(host: string): tls.PrivateKey {
    const key = this.hostKeys[host];
    if (key === undefined) throw new Error(`no host key was made for '${host}'`);
    return key;
  }
}

/** The keys of a stack. @returns undefined where the hosts exist already: they have keys, and the configuration lists them */
export function sshKeys(config: StackConfig, hosts: readonly HostSpec[]): SshKeys | undefined {
  if (platformOf(config).createsHosts === false) return undefined;
  return new SshKeys("ssh", { hosts: ["bastion", ...hosts.map(({ name }) => name)] });
}

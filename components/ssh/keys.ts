import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

/** Arguments of {@link SshKeys}. */
export interface SshKeysArgs {
  /** Names of all machines that get a host key, the bastion included. */
  readonly machines: readonly string[];
}

/**
 * One client key for the stack and one host key per machine name, all ED25519.
 *
 * A host key belongs to a name and outlives the machine that carries it: a replaced host answers with the key that
 * was pinned for its predecessor, so nobody ever has to "accept the new fingerprint".
 */
export class SshKeys extends pulumi.ComponentResource {
  /** The key that this stack's steps log in with. */
  public readonly client: tls.PrivateKey;

  /** Host keys by machine name. */
  public readonly hostKeys: Readonly<Record<string, tls.PrivateKey>>;

  public constructor(name: string, args: SshKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:ssh:Keys", name, {}, opts);
    const key = (keyName: string): tls.PrivateKey =>
      new tls.PrivateKey(keyName, { algorithm: "ED25519" }, { parent: this });
    this.client = key(`${name}-client`);
    this.hostKeys = Object.fromEntries(args.machines.map((machine) => [machine, key(`${name}-host-${machine}`)]));
    this.registerOutputs({});
  }

  /**
   * The host key of a machine.
   *
   * @throws Error when no key was made for that name: the caller forgot to list it in {@link SshKeysArgs.machines}.
   */
  public hostKey(machine: string): tls.PrivateKey {
    const key = this.hostKeys[machine];
    if (key === undefined) throw new Error(`no host key was made for '${machine}'`);
    return key;
  }
}

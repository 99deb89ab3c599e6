import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";

/**
 * Connection of Pulumi's command plugin to the bastion, the only host that it dials.
 *
 * It never has a `proxy`: the plugin dials a proxied host once, and retries only the SSH handshake on that same connection,
 * so a host that first shows another key is lost (docs/architecture.md, "How a step reaches its host").
 */
export type SshConnection = Omit<types.input.remote.ConnectionArgs, "proxy"> & { readonly proxy?: never };

/** How the bastion reaches a host, and how the plugin reaches the bastion. */
export interface HostConnection {
  /** The bastion. */
  readonly bastion: SshConnection;
  /** The host, as seen from the bastion. */
  readonly host: HostEndpoint;
}

/** The sshd of a host, and the two keys that authenticate both sides. */
export interface SshEndpoint {
  /** Address or DNS name, as seen from where the dial starts. */
  readonly host: pulumi.Input<string>;
  /**
   * TCP port of sshd.
   *
   * @default 22
   */
  readonly port?: number;
  /** Client private key, OpenSSH format. Secret. */
  readonly privateKey: pulumi.Input<string>;
  /** The host's public key, `authorized_keys` format; a host with another key is refused. */
  readonly hostKey: pulumi.Input<string>;
}

/** An endpoint that the plugin dials itself: the bastion. */
export interface DirectEndpoint extends SshEndpoint {
  /**
   * Failed dials before an error. A constant of each platform, which never changes (see DIAL).
   *
   * @default 10
   */
  readonly dialErrorLimit?: number;
}

/** An endpoint that OpenSSH on the bastion dials. */
export interface HostEndpoint extends SshEndpoint {
  /** Host name, for messages. */
  readonly name: string;
  /**
   * Seconds until the host must have shown the pinned key and accepted the client. A constant of each platform, which never changes,
   * because it is in the state of every step. It limits only connecting, not the running script.
   *
   * @default 45
   */
  readonly connectLimit?: number;
}

/**
 * Limits of every direct dial. They are in the state of every step, and a change of them would run every step again.
 * So they never change: about a minute in all for a bastion that doesn't answer. That is enough for a
 * cloud instance that has just passed its status checks, and short enough for a person to wait for.
 */
const DIAL = { user: "root", dialErrorLimit: 10, perDialTimeout: 5 } as const;

/** Seconds, see {@link HostEndpoint.connectLimit}: with the plugin's and the bastion's own time, less than a minute. */
const CONNECT_LIMIT = 45;

/** A connection from the workstation to the bastion. */
export function directConnection(endpoint: DirectEndpoint): SshConnection {
  const { dialErrorLimit = DIAL.dialErrorLimit, port = 22, host, privateKey } = endpoint;
  return { ...DIAL, dialErrorLimit, host, privateKey, hostKey: pinned(endpoint.hostKey), port };
}

/** A connection from the bastion to another host. */
export function fromBastion(bastion: SshConnection, endpoint: HostEndpoint): HostConnection {
  return { bastion, host: endpoint };
}

/** Input of a host step on the bastion (scripts/on-host.sh). The client's key is a secret. */
export function hostInput({ name, host, port = 22, privateKey, hostKey, connectLimit }: HostEndpoint): pulumi.Inputs {
  return { name, address: host, port, hostKey: pinned(hostKey), key: privateKey, limit: connectLimit ?? CONNECT_LIMIT };
}

/** Removes the newline or comment at the end of an OpenSSH public key, because keys are compared as text. */
function pinned(hostKey: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(hostKey).apply((key) => key.trim().split(/\s+/).slice(0, 2).join(" "));
}

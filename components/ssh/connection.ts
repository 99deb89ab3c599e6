import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";

/**
 * How Pulumi's command plugin reaches the bastion, the only host that it dials.
 *
 * Never with a `proxy`: the plugin dials a proxied host once, and retries only the SSH handshake on that same connection,
 * so a host that first shows another key is lost (docs/architecture.md, "How a step reaches its host").
 */
export type SshConnection = Omit<types.input.remote.ConnectionArgs, "proxy"> & { readonly proxy?: never };

/** How the bastion reaches a host, and how the plugin reaches the bastion. */
export interface HostConnection {
  /** The way to the bastion. */
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
   * Failed dials that are forgiven; one for each platform, and for good (see DIAL).
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
   * Seconds until the host must have shown the pinned key and let the client in; one for each platform, and for good,
   * because it stands in the state of every step. It covers only connecting: a running script has no limit from here.
   *
   * @default 45
   */
  readonly connectLimit?: number;
}

/**
 * Limits of every direct dial. They stand in the state of every step, and a change of them would run every step again,
 * so they are constants from the first day: about a minute in all for a bastion that doesn't answer, enough for a
 * cloud instance that has just passed its own checks, and short enough for a person to wait for.
 */
const DIAL = { user: "root", dialErrorLimit: 10, perDialTimeout: 5 } as const;

/** Seconds, see {@link HostEndpoint.connectLimit}: with the plugin's and the bastion's own time, less than a minute. */
const CONNECT_LIMIT = 45;

/** A connection to the host that can be reached from here: the bastion. */
export function directConnection(endpoint: DirectEndpoint): SshConnection {
  const { dialErrorLimit = DIAL.dialErrorLimit, port = 22, host, privateKey } = endpoint;
  return { ...DIAL, dialErrorLimit, host, privateKey, hostKey: pinned(endpoint.hostKey), port };
}

/** A connection from the bastion to a host inside. */
export function fromBastion(bastion: SshConnection, endpoint: HostEndpoint): HostConnection {
  return { bastion, host: endpoint };
}

/** What the bastion's side of a host step reads first (scripts/on-host.sh). The client's key is a secret. */
export function hostInput({ name, host, port = 22, privateKey, hostKey, connectLimit }: HostEndpoint): pulumi.Inputs {
  return { name, address: host, port, hostKey: pinned(hostKey), key: privateKey, limit: connectLimit ?? CONNECT_LIMIT };
}

/** OpenSSH public keys end in a newline or a comment; the pin is compared as text, so both go. */
function pinned(hostKey: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(hostKey).apply((key) => key.trim().split(/\s+/).slice(0, 2).join(" "));
}

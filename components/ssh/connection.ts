import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import { hostWay, pinnedKey } from "./host-way";
import type { StepData } from "./script";

/**
 * Connection of Pulumi's command plugin to the bastion, the only host that it dials, and how commands become root there.
 *
 * It never has a `proxy`: the plugin dials a proxied host once, and retries only the SSH handshake on that same connection,
 * so a host that first shows another key is lost (docs/architecture.md, "How a step reaches its host").
 */
export type SshConnection = Omit<types.input.remote.ConnectionArgs, "proxy" | "user"> & {
  readonly proxy?: never;
  /** User that logs in. Any but root gets root's rights by sudo. @default root */
  readonly user?: string;
  /** Password that sudo asks for. Secret. No input of the plugin: steps send it on standard input. @default sudo asks for none */
  readonly sudoPassword?: pulumi.Input<string>;
};

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
  /**
   * User that logs in. Any but root gets root's rights by sudo.
   *
   * @default root
   */
  readonly user?: string;
  /** Password that sudo asks for. Secret. @default the user is root, or sudo asks for none */
  readonly sudoPassword?: pulumi.Input<string> | undefined;
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
  const {
    dialErrorLimit = DIAL.dialErrorLimit,
    port = 22,
    user = DIAL.user,
    host,
    privateKey,
    sudoPassword,
  } = endpoint;
  const sudo = user === "root" || sudoPassword === undefined ? {} : { sudoPassword };
  return { ...DIAL, user, dialErrorLimit, host, privateKey, hostKey: pinned(endpoint.hostKey), port, ...sudo };
}

/** A connection from the bastion to another host. */
export function fromBastion(bastion: SshConnection, endpoint: HostEndpoint): HostConnection {
  return { bastion, host: endpoint };
}

/** Input of a host step on the bastion (scripts/on-host.sh). The client's key is a secret. */
export function hostInput({
  name,
  port = 22,
  user = "root",
  connectLimit,
  ...endpoint
}: HostEndpoint): pulumi.Output<StepData> {
  const { host: address, privateKey, hostKey, sudoPassword } = endpoint;
  return pulumi.all([address, privateKey, hostKey, sudoPassword]).apply(([at, key, pinned, password]) => {
    const login = { address: at, port, user, privateKey: key, hostKey: pinned, sudoPassword: password };
    return hostWay(name, login, connectLimit ?? CONNECT_LIMIT);
  });
}

/** A host's public key as it is compared. */
function pinned(hostKey: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(hostKey).apply(pinnedKey);
}

import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";

/** How a step reaches a machine: what `command.remote.Command` takes as its connection. */
export type SshConnection = types.input.remote.ConnectionArgs;

/** One machine's sshd and the two keys that make both sides sure of each other. */
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
  /** The machine's public host key, `authorized_keys` format; another key ends the dial. */
  readonly hostKey: pulumi.Input<string>;
  /**
   * Failed dials that are forgiven; one for each platform, and for good (see DIAL).
   *
   * @default 10
   */
  readonly dialErrorLimit?: number;
}

/**
 * Limits of every dial. They stand in the state of every step, and a change of them would run every step again, so
 * they are constants from the first day: about a minute in all for a machine that doesn't answer, enough for a
 * cloud instance that has just passed its own checks, and short enough for a person to wait for.
 */
const DIAL = { user: "root", dialErrorLimit: 10, perDialTimeout: 5 } as const;

/** A connection to a machine that can be reached from here: the operator. */
export function directConnection(endpoint: SshEndpoint): SshConnection {
  const { dialErrorLimit = DIAL.dialErrorLimit, port = 22 } = endpoint;
  return { ...DIAL, dialErrorLimit, ...withoutPad(endpoint), port };
}

/** A connection to a host inside, with the operator as SSH proxy; the host key is pinned on both hops. */
export function throughOperator(operator: SshConnection, endpoint: SshEndpoint): SshConnection {
  return { ...directConnection(endpoint), proxy: operator };
}

/** OpenSSH public keys end in a newline or a comment; the pin is compared as text, so both go. */
function withoutPad(endpoint: SshEndpoint): Pick<SshConnection, "host" | "privateKey" | "hostKey"> {
  return {
    host: endpoint.host,
    privateKey: endpoint.privateKey,
    hostKey: pulumi.output(endpoint.hostKey).apply((key) => key.trim().split(/\s+/).slice(0, 2).join(" ")),
  };
}

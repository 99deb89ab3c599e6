/** How a host that exists already is logged in to: plain values. */
export interface Login {
  /** Address, as seen from where the dial starts. */
  readonly address: string;
  /** TCP port of sshd. */
  readonly port: number;
  /** User that logs in. Any but root gets root's rights by sudo. */
  readonly user: string;
  /** Client private key, OpenSSH format. Secret. */
  readonly privateKey: string;
  /** The host's public key, `authorized_keys` format; a host with another key is refused. */
  readonly hostKey: string;
  /** Password that sudo asks for. Secret. @default sudo asks for none */
  readonly sudoPassword?: string | undefined;
}

/** SshServers with a real sshd, in containers of the host image, one behind the other. */
import { generateKeyPairSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { openSshPrivateKey, openSshPublicKey } from "../../../offline/lib/openssh";
import { hostImage } from "../../../components/platform/local/image";
import { prepareWorkstation } from "../../../cli/workstation/prepare";
import { removeUnmanaged, TEST_LABEL } from "../../support/unmanaged";
import { pause } from "../../support/pause";
import { succeed } from "../../support/run";

const key = () => generateKeyPairSync("ed25519").privateKey;

/** A key pair in OpenSSH's formats. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A new key pair. */
export function keyPair(): KeyPair {
  const made = key();
  return { privateKey: openSshPrivateKey(made), publicKey: openSshPublicKey(made).trim() };
}

const START = `
set -eu
mkdir -p /run/sshd
umask 077
printf '%s' "$HOST_KEY" >/etc/ssh/test_host_key
printf '%s' "$AUTHORIZED" >/etc/ssh/test_authorized
cat >/etc/ssh/test_config <<CONFIG
HostKey /etc/ssh/test_host_key
AuthorizedKeysFile /etc/ssh/test_authorized
PasswordAuthentication no
UsePAM no
UseDNS no
MaxStartups 500
AcceptEnv ACCEPTED
$SETTINGS
CONFIG
eval "$BEFORE"
exec /usr/sbin/sshd -D -e -f /etc/ssh/test_config
`;

/** How often, and for how many seconds each, a server is dialled. */
export const DIALS = { dialErrorLimit: 2, perDialTimeout: 3 };

/** A bastion that is published on the loopback, and servers behind it. */
export class SshServers {
  private readonly containers: Docker.Container[] = [];
  private readonly hostKeys = new Map<string, KeyPair>();
  private network: Docker.Network | undefined;
  private port = 0;
  /** The key that all of them let in. */
  public readonly client = keyPair();

  private constructor(
    private readonly docker: Docker,
    private readonly name: string,
    private readonly subnet: string,
    private readonly image: string,
  ) {}

  /**
   * Starts the bastion (`.2`) and one server, `target` (`.3`).
   *
   * @param name Always the same, so that the next run finds what an interrupted one has left.
   * @param subnet The first three numbers of their addresses.
   * @param image A name of what they run, with bash and sshd. @default the host image of the local platform
   * @param before see {@link add}
   */
  public static async start(
    name = "swarm-ha-test-kit",
    subnet = "10.253.0",
    { image, before = "" }: { readonly image?: (docker: Docker) => Promise<string>; readonly before?: string } = {},
  ): Promise<SshServers> {
    const docker = await prepareWorkstation();
    const servers = new SshServers(docker, name, subnet, (await image?.(docker)) ?? hostImage());
    await removeUnmanaged(docker, servers.name);
    try {
      servers.network = await docker.createNetwork({
        Name: servers.name,
        Labels: { [TEST_LABEL]: servers.name },
        IPAM: { Config: [{ Subnet: `${servers.subnet}.0/24` }] },
      });
      await servers.add("bastion", 2, "MaxSessions 2", before);
      await servers.add("target", 3, "MaxSessions 500", before);
      return servers;
    } catch (error) {
      await servers.remove();
      throw error;
    }
  }

  /**
   * Starts one more server with settings of its sshd.
   *
   * @param host the last number of its address
   * @param before shell that runs before its sshd does, and says "Server listening" if it takes its time
   */
  public async add(name: string, host: number, settings: string, before = ""): Promise<void> {
    const hostKey = keyPair();
    this.hostKeys.set(name, hostKey);
    const container = await this.docker.createContainer({
      Image: this.image,
      name: `${this.name}-${name}`,
      Labels: { [TEST_LABEL]: this.name },
      Entrypoint: ["/bin/bash", "-c", START],
      Env: [
        `HOST_KEY=${hostKey.privateKey}`,
        `AUTHORIZED=${this.client.publicKey}\n`,
        `SETTINGS=${settings}`,
        `BEFORE=${before}`,
      ],
      ExposedPorts: { "22/tcp": {} },
      HostConfig: {
        NetworkMode: this.name,
        PortBindings: name === "bastion" ? { "22/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] } : {},
      },
      NetworkingConfig: { EndpointsConfig: { [this.name]: { IPAMConfig: { IPv4Address: this.address(host) } } } },
    });
    this.containers.push(container);
    await container.start();
    if (name === "bastion") {
      const { NetworkSettings } = await container.inspect();
      this.port = Number(NetworkSettings.Ports["22/tcp"]?.[0]?.HostPort);
    }
    await this.untilLog(container, "Server listening");
  }

  /** An address in the servers' network. */
  public address(host: number): string {
    return `${this.subnet}.${host}`;
  }

  /** A connection to the bastion itself. */
  public bastion(changes: Record<string, unknown> = {}): Record<string, unknown> {
    return { ...this.hop("bastion"), host: "127.0.0.1", port: this.port, ...changes };
  }

  /** A connection through the bastion. */
  public behind(name = "target", host = 3, changes: Record<string, unknown> = {}): Record<string, unknown> {
    return { ...this.hop(name), host: this.address(host), proxy: this.bastion(), ...changes };
  }

  /** The public key of a server's sshd. */
  public hostKey(name: string): string {
    return this.hostKeys.get(name)?.publicKey ?? keyPair().publicKey;
  }

  private hop(name: string): Record<string, unknown> {
    const { privateKey } = this.client;
    const hostKey = this.hostKey(name);
    return { user: "root", privateKey, hostKey, ...DIALS };
  }

  /** What a server's sshd has logged so far. */
  public async log(name: string): Promise<string> {
    const container = this.docker.getContainer(`${this.name}-${name}`);
    return (await container.logs({ stdout: true, stderr: true })).toString();
  }

  /** The lines that steps have written into /tmp/journal on the target since it was last asked. */
  public async journal(): Promise<string[]> {
    const read = "cat /tmp/journal 2>/dev/null || true; rm -f /tmp/journal";
    const text = await succeed("docker", ["exec", `${this.name}-target`, "bash", "-c", read], { limit: 30 });
    return text.split("\n").filter((line) => line !== "");
  }

  /** Runs shell on a server; it has to succeed. @returns what it prints */
  public exec(name: string, script: string, input = ""): Promise<string> {
    return succeed("docker", ["exec", "-i", `${this.name}-${name}`, "bash", "-c", script], { limit: 30, input });
  }

  /** Freezes a server: its kernel still takes connections, and nobody answers. */
  public pause(name: string): Promise<void> {
    return pause(`${this.name}-${name}`);
  }

  /** Stops a server at once. */
  public async kill(name: string): Promise<void> {
    await this.docker.getContainer(`${this.name}-${name}`).kill();
  }

  /** Removes all of it. */
  public async remove(): Promise<void> {
    await Promise.all(this.containers.map((container) => container.remove({ force: true, v: true })));
    await this.network?.remove();
  }

  private async untilLog(container: Docker.Container, text: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if ((await container.logs({ stdout: true, stderr: true })).toString().includes(text)) return;
      await sleep(100);
    }
    throw new Error(`sshd doesn't come up: ${(await container.logs({ stdout: true, stderr: true })).toString()}`);
  }
}

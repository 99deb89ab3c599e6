/**
 * Hosts that the program didn't make: containers with systemd, sshd and a sudo user on a bridge network, each with keys and a
 * machine id of its own. The workstation reaches their addresses.
 */
import type Docker from "dockerode";
import { docker } from "../../../components/docker";
import { nested } from "../../../components/platform/local/container-spec";
import { run, succeed, until, type Ran } from "../run";
import { sshKeyPair, type SshKeyPair } from "../ssh-keys";
import { removeUnmanaged, TEST_LABEL } from "../unmanaged";
import { startImageRegistry, type TestImageRegistry } from "./image-registry";
import { ensureTestHostImage, type TestHostImage } from "./images";

/** A host to make. */
export interface TestHost {
  readonly name: string;
  /** The last byte of its address. */
  readonly at: number;
  /** @default "ready" */
  readonly image?: TestHostImage;
  /** User that logs in. @default "admin" */
  readonly user?: "root" | "admin";
  /** Port of sshd. @default 22 */
  readonly port?: number;
  /** What sudo asks for. @default nothing */
  readonly sudoPassword?: string;
  /** Further volumes, as `<volume>:<path>`; the volume's name goes on after the hosts' own. @default none */
  readonly volumes?: readonly string[];
}

/** Seconds that a host may take to boot. */
const BOOT_LIMIT = 60;

/** Options of `docker run` for systemd and a Docker engine in a container. */
const OPTIONS = {
  ...nested(),
  // systemd wants its own.
  CgroupnsMode: "private",
  Tmpfs: { "/run": "rw,exec,mode=755", "/run/lock": "rw", "/tmp": "rw,exec,mode=1777" },
  LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "2" } },
} as Docker.HostConfig;

/** See the file's head. */
export class TestHosts {
  /** The key that logs in everywhere. */
  public key = sshKeyPair();
  private readonly engine: Docker = docker();
  private readonly made = new Map<string, TestHost>();
  private registry: TestImageRegistry | undefined;

  /**
   * @param name what all names begin with
   * @param range the first three bytes of the hosts' addresses
   */
  public constructor(
    public readonly name: string,
    private readonly range: string,
  ) {}

  /** Removes what an interrupted run has left; makes the network and, on it, the registry with the images of a stack. */
  public async begin(): Promise<void> {
    await this.remove();
    for (const image of ["bare", "ready"] as const) await ensureTestHostImage(this.engine, image);
    await this.engine.createNetwork({
      Name: this.name,
      Driver: "bridge",
      CheckDuplicate: true,
      Labels: this.labels,
      IPAM: { Driver: "default", Config: [{ Subnet: `${this.range}.0/24`, Gateway: `${this.range}.1` }] },
    });
    const at = { name: `${this.name}-images`, network: this.name, labels: this.labels };
    this.registry = await startImageRegistry(this.engine, at);
  }

  /** What another run needs to go on with these hosts: see {@link resume}. */
  public get kept(): unknown {
    return { key: this.key, registry: this.registry, hosts: [...this.made.values()] };
  }

  /** For work on the tests: goes on with the hosts of an earlier run. @param kept its {@link kept} */
  public resume(kept: unknown): void {
    const { key, registry, hosts } = kept as { key: SshKeyPair; registry: TestImageRegistry; hosts: TestHost[] };
    this.key = key;
    this.registry = registry;
    for (const host of hosts) this.made.set(host.name, host);
  }

  /** Values of `swarm-ha:images`. */
  public get references(): TestImageRegistry["images"] {
    if (this.registry === undefined) throw new Error("there is no image registry yet");
    return this.registry.images;
  }

  /** Removes all of it, dead or alive. */
  public async remove(): Promise<void> {
    await removeUnmanaged(this.engine, this.name);
    this.made.clear();
  }

  /** Makes hosts and waits until they have booted. */
  public async create(...hosts: readonly TestHost[]): Promise<void> {
    await Promise.all(hosts.map((host) => this.createOne(host)));
  }

  /** An address of the network. */
  public address(at: number): string {
    return `${this.range}.${String(at)}`;
  }

  /** What a host was made from. */
  public host(name: string): TestHost {
    const host = this.made.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }

  /** Names of all hosts. */
  public get names(): readonly string[] {
    return [...this.made.keys()];
  }

  /** Name of a host's container. */
  public container(host: string): string {
    return `${this.name}-${host}`;
  }

  /** Public key of a host's sshd. */
  public async hostKey(host: string): Promise<string> {
    const [type = "", key = ""] = (await this.exec(host, ["cat", "/etc/ssh/ssh_host_ed25519_key.pub"])).split(" ");
    return `${type} ${key.trim()}`;
  }

  /** Runs a program on a host, past its sshd. */
  public tryExec(host: string, args: readonly string[], input?: string | Buffer, limit = 60): Promise<Ran> {
    const all = ["exec", "-i", this.container(host), ...args];
    return run("docker", all, { limit, ...(input === undefined ? {} : { input }) });
  }

  /** The same; it has to succeed. @returns its output */
  public exec(host: string, args: readonly string[], input?: string | Buffer, limit = 60): Promise<string> {
    const all = ["exec", "-i", this.container(host), ...args];
    return succeed("docker", all, { limit, ...(input === undefined ? {} : { input }) });
  }

  /** Runs a program of bash on a host; it has to succeed. @returns its output */
  public bash(host: string, text: string, limit = 60): Promise<string> {
    return this.exec(host, ["bash", "-euo", "pipefail", "-s"], text, limit);
  }

  /** Ends hosts as a power cut would, all at once. */
  public async kill(...hosts: string[]): Promise<void> {
    await succeed("docker", ["kill", ...hosts.map((host) => this.container(host))], { limit: 30 });
  }

  /** Switches hosts on again, and waits until they have booted. */
  public async start(...hosts: string[]): Promise<void> {
    await succeed("docker", ["start", ...hosts.map((host) => this.container(host))], { limit: 30 });
    await Promise.all(hosts.map((host) => this.booted(host)));
  }

  /** Takes a host and its disk away for good. */
  public async lose(name: string): Promise<void> {
    await succeed("docker", ["rm", "-f", "-v", this.container(name)], { limit: 30 });
    await succeed("docker", ["volume", "rm", this.container(name)], { limit: 30 });
    this.made.delete(name);
  }

  /** Re-installs a host, as an administrator does: same name and address, another machine id, other host keys. */
  public async reimage(name: string): Promise<void> {
    const host = this.host(name);
    await this.lose(name);
    await this.create(host);
  }

  private get labels(): Record<string, string> {
    return { [TEST_LABEL]: this.name };
  }

  private async createOne(host: TestHost): Promise<void> {
    const { registry } = this;
    if (registry === undefined) throw new Error("the hosts have no network yet");
    const container = this.container(host.name);
    const volume = (source: string, target: string): Docker.MountSettings => ({
      Type: "volume",
      Source: source,
      Target: target,
      VolumeOptions: { NoCopy: true, Labels: this.labels, DriverConfig: { Name: "local", Options: {} } },
    });
    const own = (host.volumes ?? []).map((text) => {
      const [source = "", target = ""] = text.split(":");
      return volume(`${this.name}-${source}`, target);
    });
    const created = await this.engine.createContainer({
      name: container,
      Hostname: host.name,
      Image: await ensureTestHostImage(this.engine, host.image ?? "ready"),
      Labels: this.labels,
      NetworkingConfig: { EndpointsConfig: { [this.name]: { IPAMConfig: { IPv4Address: this.address(host.at) } } } },
      HostConfig: { ...OPTIONS, NetworkMode: this.name, Mounts: [volume(container, "/var/lib/docker"), ...own] },
    });
    await created.start();
    this.made.set(host.name, host);
    await this.booted(host.name);
    const { user = "admin", port = 22, sudoPassword = "nopasswd" } = host;
    await this.exec(host.name, ["test-host-login", user, String(port), sudoPassword], `${this.key.public}\n`);
    await this.exec(host.name, ["install", "-D", "-m", "0644", "/dev/stdin", registry.caFile], registry.ca);
  }

  private async booted(host: string): Promise<void> {
    await until(`${host} to boot`, BOOT_LIMIT, async () => {
      const { stdout, output } = await this.tryExec(host, ["systemctl", "is-system-running", "--wait"], "", BOOT_LIMIT);
      return /^(running|degraded)$/.test(stdout.trim()) ? undefined : output;
    });
  }
}

/**
 * Hosts that the program didn't make: containers with systemd, sshd and a sudo user on a bridge network, each with keys and a
 * machine id of its own. The workstation reaches their addresses.
 */
import type Docker from "dockerode";
import { docker } from "../../../components/docker";
import { nested } from "../../../components/platform/local/container-spec";
import { run, succeed, until, type Ran } from "../run";
import { sshKeyPair } from "../ssh-keys";
import { removeUnmanaged, TEST_LABEL } from "../unmanaged";
import { startImageRegistry, type TestImageRegistry } from "./image-registry";
import { ensureTestHostImages, type TestHostImage } from "./images";

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
  /** Names by which the others find it. @default its container's alone */
  readonly aliases?: readonly string[];
  /** Further volumes, as `<volume>:<path>`; the volume's name goes on after the hosts' own. @default none */
  readonly volumes?: readonly string[];
}

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
  public readonly key = sshKeyPair();
  private readonly engine: Docker = docker();
  private readonly made = new Map<string, TestHost>();
  private images: Readonly<Record<TestHostImage, string>> | undefined;
  private registry: TestImageRegistry | undefined;

  /**
   * @param name what all names begin with
   * @param range the first three bytes of the hosts' addresses
   * @param bootLimit seconds that a host may take to boot
   */
  public constructor(
    public readonly name: string,
    private readonly range: string,
    private readonly bootLimit = 60,
  ) {}

  /** Removes what an interrupted run has left; makes the network and, on it, the registry with the images of a stack. */
  public async begin(): Promise<void> {
    await this.remove();
    this.images = await ensureTestHostImages(this.engine);
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

  /** Values of `swarm-ha:images`. */
  public get references(): TestImageRegistry["images"] {
    return this.imageRegistry.images;
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
    return run("docker", this.inside(host, args), { limit, ...(input === undefined ? {} : { input }) });
  }

  /** The same; it has to succeed. @returns its output */
  public exec(host: string, args: readonly string[], input?: string | Buffer, limit = 60): Promise<string> {
    return succeed("docker", this.inside(host, args), { limit, ...(input === undefined ? {} : { input }) });
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

  /** Arguments of docker that run a program on a host, past its sshd. */
  protected inside(host: string, args: readonly string[]): string[] {
    return ["exec", "-i", this.container(host), ...args];
  }

  /** What a host's container is made from, but for its name and labels. */
  protected containerOf(host: TestHost): Docker.ContainerCreateOptions & { HostConfig: Docker.HostConfig } {
    const own = (host.volumes ?? []).map((text) => {
      const [source = "", target = ""] = text.split(":");
      return this.volume(`${this.name}-${source}`, target);
    });
    return {
      Image: this.images?.[host.image ?? "ready"] ?? "",
      NetworkingConfig: this.endpoint(host.at, host.aliases),
      HostConfig: { ...OPTIONS, Mounts: [this.volume(this.container(host.name), "/var/lib/docker"), ...own] },
    };
  }

  /** A place on the network. @param aliases names that lead there */
  protected endpoint(
    at: number,
    aliases: readonly string[] = [],
  ): { EndpointsConfig: Record<string, Docker.EndpointSettings> } {
    const place = { IPAMConfig: { IPv4Address: this.address(at) }, Aliases: [...aliases] };
    const settings = place as unknown as Docker.EndpointSettings;
    return { EndpointsConfig: { [this.name]: settings } };
  }

  /** A volume that goes with the hosts. */
  protected volume(source: string, target: string): Docker.MountSettings {
    const options = { NoCopy: true, Labels: this.labels, DriverConfig: { Name: "local", Options: {} } };
    return { Type: "volume", Source: source, Target: target, VolumeOptions: options };
  }

  /** Address of the image registry. */
  protected get registryAddress(): string {
    return this.imageRegistry.address;
  }

  private get labels(): Record<string, string> {
    return { [TEST_LABEL]: this.name };
  }

  private get imageRegistry(): TestImageRegistry {
    if (this.registry === undefined) throw new Error("there is no image registry yet");
    return this.registry;
  }

  private async createOne(host: TestHost): Promise<void> {
    const { caFile, ca } = this.imageRegistry;
    const options = this.containerOf(host);
    const created = await this.engine.createContainer({
      ...options,
      name: this.container(host.name),
      Hostname: host.name,
      Labels: this.labels,
      HostConfig: { ...options.HostConfig, NetworkMode: this.name },
    });
    await created.start();
    this.made.set(host.name, host);
    await this.booted(host.name);
    const { user = "admin", port = 22, sudoPassword = "nopasswd" } = host;
    await this.exec(host.name, ["test-host-login", user, String(port), sudoPassword], `${this.key.public}\n`);
    await this.exec(host.name, ["install", "-D", "-m", "0644", "/dev/stdin", caFile], ca);
  }

  private async booted(host: string): Promise<void> {
    const limit = this.bootLimit;
    await until(`${host} to boot`, limit, async () => {
      const { stdout, output } = await this.tryExec(host, ["systemctl", "is-system-running", "--wait"], "", limit);
      return /^(running|degraded)$/.test(stdout.trim()) ? undefined : output;
    });
  }
}

/** A stack of the platform `hosts` on test hosts, driven as a person would. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { root } from "../../../cli/paths";
import { run, succeed } from "../run";
import { TestStack, type ContainerLine } from "../test-stack";
import type { TestHost, TestHosts } from "./test-hosts";

/** A host of the inventory. */
export interface InventoryHost {
  readonly name: string;
  readonly role: "manager" | "registry" | "worker";
  readonly zone: string;
  /** @default its own pool's name */
  readonly pool?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A stack file's `swarm-ha:hosts`, as far as tests change it. */
export interface HostsSection {
  ssh: Record<string, unknown>;
  inventory: Record<string, unknown>[];
  loadBalancers: Record<string, { hosts?: Record<string, unknown>[] }>;
  [key: string]: unknown;
}

/** What a stack is laid on. */
export interface HostsPlan {
  readonly zones: readonly string[];
  readonly inventory: readonly InventoryHost[];
  readonly loadBalancers:
    | {
        /** Names of the hosts of all load balancers. */
        readonly hosts: readonly string[];
        /** The last byte of their virtual address. */
        readonly virtual: number;
        /** Endpoint of somebody else's, for the registry. @default these hosts have it, too */
        readonly registry?: string;
      }
    /** Endpoints of somebody else's. */
    | { readonly manager: string; readonly registry: string; readonly app: string };
  /** The host that is the bastion, and nothing besides. @default a host of the load balancers, or a worker */
  readonly bastion?: string;
  /** Further keys of `swarm-ha:hosts`. @default none */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Endpoints of load balancers that nobody asks. */
export const LOAD_BALANCERS_ELSEWHERE: HostsPlan["loadBalancers"] = {
  manager: "manager.elsewhere.example:2376",
  registry: "registry.elsewhere.example:5000",
  app: "app.elsewhere.example:443",
};

interface StackText {
  readonly config: Record<string, unknown> & { "swarm-ha:hosts": HostsSection };
}

/** Seconds that a whole `up` may take. */
const UP_LIMIT = 600;

/** See the file's head. */
export class HostsStack extends TestStack {
  public constructor(
    name: string,
    private readonly on: TestHosts,
    private readonly plan: HostsPlan,
  ) {
    super(name, { hosts: "10.255.0.0/24", ports: {} });
  }

  /** The virtual address of all load balancers. */
  public get virtualAddress(): string {
    const { loadBalancers } = this.plan;
    if (!("hosts" in loadBalancers)) throw new Error(`the load balancers of ${this.name} aren't its own`);
    return this.on.address(loadBalancers.virtual);
  }

  /** Its file of configuration. */
  public get file(): string {
    return join(this.home, "config", `Pulumi.${this.name}.yaml`);
  }

  /** Its state is on this workstation: no backend of Pulumi is chosen. */
  public override get env(): NodeJS.ProcessEnv {
    const nobody = join(this.home, "nobody");
    return {
      ...super.env,
      PULUMI_BACKEND_URL: undefined,
      PULUMI_ACCESS_TOKEN: undefined,
      PULUMI_CREDENTIALS_PATH: nobody,
    };
  }

  /** A new stack: nothing of an earlier one is left. The hosts have to be there, because their keys are in the configuration. */
  public override async reset(): Promise<void> {
    rmSync(this.home, { recursive: true, force: true });
    this.makeFolders();
    writeFileSync(this.file, stringify(await this.firstConfig(), { aliasDuplicateObjects: false }));
    await this.setSecret("swarm-ha:hosts.ssh.privateKey", this.on.key.private);
    const { inventory } = this.plan;
    for (const [i, { name }] of inventory.entries()) {
      const { sudoPassword } = this.on.host(name);
      if (sudoPassword !== undefined)
        await this.setSecret(`swarm-ha:hosts.inventory[${String(i)}].sudoPassword`, sudoPassword);
    }
  }

  /** Changes the section `swarm-ha:hosts`. */
  public edit(change: (hosts: HostsSection) => void): void {
    const text = parse(readFileSync(this.file, "utf8")) as StackText;
    change(text.config["swarm-ha:hosts"]);
    writeFileSync(this.file, stringify(text));
  }

  /** Changes top-level keys. */
  public override configure(changes: Readonly<Record<string, unknown>> = {}): void {
    const text = parse(readFileSync(this.file, "utf8")) as StackText;
    for (const [key, value] of Object.entries(changes)) text.config[`swarm-ha:${key}`] = value;
    writeFileSync(this.file, stringify(text));
  }

  /** Sets a secret of the configuration, from standard input. */
  public async setSecret(path: string, value: string): Promise<void> {
    const args = ["config", "set", "--secret", "--path", path, "-s", this.name];
    const all = [join(root, "cli/run.mjs"), "pulumi", ...args];
    await succeed(process.execPath, all, { limit: 60, env: this.env, input: value });
  }

  /** The whole `up`; it has to succeed. */
  public up(): ReturnType<TestStack["good"]> {
    return this.good("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "-s", this.name], UP_LIMIT);
  }

  /** The hosts of load balancers that have the virtual address now. */
  public async balancersWithAddress(): Promise<string[]> {
    const { loadBalancers } = this.plan;
    const found = ("hosts" in loadBalancers ? loadBalancers.hosts : []).map(async (host) => {
      const { stdout } = await this.on.tryExec(host, ["ip", "-o", "-4", "address"]).catch(() => ({ stdout: "" }));
      return stdout.includes(` ${this.virtualAddress}/`) ? [host] : [];
    });
    return (await Promise.all(found)).flat();
  }

  /** Logs docker of this stack in to a registry that this workstation can't reach. @param auth user and password, base64 */
  public dockerLogin(registry: string, auth: string): void {
    const file = join(this.home, "docker", "config.json");
    const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { auths?: object }) : {};
    writeFileSync(file, JSON.stringify({ ...known, auths: { ...known.auths, [registry]: { auth } } }), { mode: 0o600 });
  }

  public override exec(host: string, args: readonly string[], input?: string | Buffer, limit = 60): Promise<string> {
    return this.on.exec(host, args, input, limit);
  }

  public override container(host: string): string {
    return this.on.container(host);
  }

  public override async containers(): Promise<ContainerLine[]> {
    const found = await Promise.all(
      this.on.names.map(async (host): Promise<ContainerLine> => {
        const format = "{{.Id}} {{.State.Status}}";
        const { stdout } = await run("docker", ["inspect", "-f", format, this.container(host)], { limit: 30 });
        const [ID = "", State = "gone"] = stdout.trim().split(" ");
        return { ID, Names: this.container(host), State };
      }),
    );
    return found.sort((a, b) => a.Names.localeCompare(b.Names));
  }

  private async firstConfig(): Promise<StackText> {
    const { zones, inventory, loadBalancers, bastion, more } = this.plan;
    const entries = inventory.map(async ({ name, ...rest }) => ({ ...(await this.login(name)), ...rest }));
    const balancers = "hosts" in loadBalancers ? loadBalancers.hosts : [];
    const hosts = await Promise.all(balancers.map((name) => this.login(name)));
    const tier = (name: "manager" | "registry" | "app"): Record<string, unknown> => {
      const theirs = "hosts" in loadBalancers ? { registry: loadBalancers.registry } : loadBalancers;
      const external = name in theirs ? theirs[name as keyof typeof theirs] : undefined;
      if (external !== undefined) return { external: { endpoint: external } };
      return { hosts, virtualAddress: this.virtualAddress };
    };
    const section = {
      ssh: { user: "admin" },
      ...(bastion === undefined ? {} : { bastion: { ...(await this.login(bastion)), name: undefined } }),
      engine: { source: "debian" },
      inventory: await Promise.all(entries),
      loadBalancers: { manager: tier("manager"), registry: tier("registry"), app: tier("app") },
      registryStorage: { path: "/srv/registry" },
      ...more,
    } as unknown as HostsSection;
    return {
      config: {
        "swarm-ha:platform": "hosts",
        "swarm-ha:zones": [...zones],
        "swarm-ha:domain": "swarm.example",
        "swarm-ha:images": this.on.references,
        "swarm-ha:hosts": section,
      },
    };
  }

  private async login(name: string): Promise<Record<string, unknown>> {
    const { at, user, port }: TestHost = this.on.host(name);
    return {
      name,
      address: this.on.address(at),
      hostKey: await this.on.hostKey(name),
      ...(user === "root" ? { user } : {}),
      ...(port === undefined ? {} : { port }),
    };
  }
}

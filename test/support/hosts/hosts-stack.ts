/** A stack of the platform `hosts` on test hosts, driven as a person would. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { findEngine } from "../../../cli/pulumi";
import { engineEnv } from "../../../cli/pulumi/env";
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
  /** Names of the hosts of load balancers. @default the load balancers are somebody else's */
  readonly balancers?: readonly string[];
  /** The last byte of the virtual address. */
  readonly virtual: number;
  /** Further keys of `swarm-ha:hosts`. @default none */
  readonly more?: Readonly<Record<string, unknown>>;
}

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
    return this.on.address(this.plan.virtual);
  }

  /** Its file of configuration. */
  public get file(): string {
    return join(this.home, "config", `Pulumi.${this.name}.yaml`);
  }

  /** A backend and a passphrase of its own, as every user of such a stack has. */
  public override get env(): NodeJS.ProcessEnv {
    return {
      ...super.env,
      PULUMI_BACKEND_URL: pathToFileURL(join(this.home, "backend")).href,
      PULUMI_CONFIG_PASSPHRASE: "of this test",
      // Where no official Pulumi can be had, the offline kit runs the test.
      SWARM_HA_ALLOW_KIT: "1",
    };
  }

  /** A new stack: nothing of an earlier one is left. The hosts have to be there, because their keys are in the configuration. */
  public override async reset(): Promise<void> {
    rmSync(this.home, { recursive: true, force: true });
    this.makeFolders();
    mkdirSync(join(this.home, "backend"), { mode: 0o700 });
    copyFileSync(join(root, "Pulumi.yaml"), join(this.home, "config", "Pulumi.yaml"));
    writeFileSync(this.file, stringify(await this.firstConfig(), { aliasDuplicateObjects: false }));
    await this.engine(["stack", "init", "--stack", this.name, "--no-select", "--secrets-provider", "passphrase"]);
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
    await this.engine(["config", "set", "--secret", "--path", path, "--stack", this.name], value);
  }

  /** The whole `up`; it has to succeed. */
  public up(): ReturnType<TestStack["good"]> {
    return this.good("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "-s", this.name], UP_LIMIT);
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

  /** Runs Pulumi itself in the folder of the configuration. */
  private async engine(args: readonly string[], input?: string): Promise<string> {
    const engine = await findEngine();
    const all = [...args, "--non-interactive", "--cwd", join(this.home, "config")];
    const env = engineEnv(engine, this.env);
    return succeed(engine.path, all, { limit: 60, env, ...(input === undefined ? {} : { input }) });
  }

  private async firstConfig(): Promise<StackText> {
    const { zones, inventory, balancers, more } = this.plan;
    const entries = inventory.map(async ({ name, ...rest }) => ({ ...(await this.login(name)), ...rest }));
    const hosts = await Promise.all((balancers ?? []).map((name) => this.login(name)));
    const tier = (port: number): Record<string, unknown> =>
      balancers === undefined
        ? { external: { endpoint: `${this.virtualAddress}:${String(port)}` } }
        : { hosts, virtualAddress: this.virtualAddress };
    const section = {
      ssh: { user: "admin" },
      engine: { source: "debian" },
      inventory: await Promise.all(entries),
      loadBalancers: { manager: tier(2376), registry: tier(5000), app: tier(443) },
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

/** A local stack of a test's own, driven as a person would: with the npm scripts' tools, and docker on its containers. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { stackOutputsSchema, type StackOutputs } from "../../components/outputs";
import { LABELS } from "../../plan/labels";
import type { ClusterStatus } from "../../cli/cluster/model";
import { cachePath, root } from "../../cli/paths";
import { run, succeed, until, type Ran } from "./run";
import { stackConfigIn, type OwnPlace } from "./stack-config";

/** One line of `docker node ls --format json`. */
export interface NodeLine {
  readonly ID: string;
  readonly Hostname: string;
  readonly Status: string;
  readonly Availability: string;
  readonly ManagerStatus: string;
}

/** A container of the stack. */
export interface ContainerLine {
  readonly ID: string;
  readonly Names: string;
  readonly State: string;
}

/** For a run of the tests on another Docker engine: `SWARM_HA_TEST_ENGINE=28.5.2 npm test -- e2e`. */
const ENGINE = process.env["SWARM_HA_TEST_ENGINE"];

/** Seconds that a whole `up` may take, on a busy workstation. */
const UP_LIMIT = 300;

/** See the top of this file. */
export class TestStack {
  /** The stack's state and config: apart from the user's, and in one place, so that the next run finds what is left. */
  public readonly home: string;
  private readonly base: string;

  /** @param changes keys of the configuration that differ from Pulumi.local.yaml, without `swarm-ha:` */
  public constructor(
    public readonly name: string,
    public readonly place: OwnPlace,
    private readonly changes: Readonly<Record<string, unknown>> = {},
  ) {
    this.home = cachePath("test-stacks", name);
    this.base = readFileSync(join(root, "Pulumi.local.yaml"), "utf8");
  }

  /** Environment of the tools. */
  public get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      XDG_STATE_HOME: join(this.home, "state"),
      SWARM_HA_CONFIG_DIR: join(this.home, "config"),
      DOCKER_CONFIG: join(this.home, "docker"),
    };
  }

  /** Removes whatever an interrupted earlier run has left, and writes the config. */
  public async reset(): Promise<void> {
    this.configure();
    if ((await this.remains()).length > 0) await this.destroy();
    rmSync(this.home, { recursive: true, force: true });
    this.configure();
  }

  /** Writes the stack's config file. */
  public configure(changes: Readonly<Record<string, unknown>> = {}): void {
    const file = parse(stackConfigIn(this.place, this.base)) as { config: Record<string, unknown> };
    if (ENGINE !== undefined) Object.assign(file.config["swarm-ha:local"] as object, { engine: ENGINE });
    for (const [key, value] of Object.entries({ ...this.changes, ...changes })) file.config[`swarm-ha:${key}`] = value;
    this.makeFolders();
    writeFileSync(join(this.home, "config", `Pulumi.${this.name}.yaml`), stringify(file));
  }

  /** Makes the folders of state, config and docker's settings. */
  protected makeFolders(): void {
    for (const folder of ["config", "state", "docker"]) {
      mkdirSync(join(this.home, folder), { recursive: true, mode: 0o700 });
    }
  }

  /** `npm run <tool> -- <args>`. */
  public tool(tool: string, args: readonly string[], limit = UP_LIMIT, watch?: RunWatch): Promise<Ran> {
    const all = [join(root, "cli/run.mjs"), tool, ...args];
    return run(process.execPath, all, { limit, env: this.env, ...(watch === undefined ? {} : { watch }) });
  }

  /** The same; it has to succeed. */
  public async good(tool: string, args: readonly string[], limit = UP_LIMIT): Promise<Ran> {
    const ran = await this.tool(tool, args, limit);
    assert.equal(ran.code, 0, `${tool} ${args.join(" ")} ended with ${String(ran.code)}:\n${ran.output.slice(-6000)}`);
    return ran;
  }

  /** `npm start -- <stack>`. */
  public start(): Promise<Ran> {
    return this.good("start", [this.name]);
  }

  /** `npm run pulumi -- <args> -s <stack>`, without colours and progress. */
  public pulumi(...args: string[]): Promise<Ran> {
    return this.good("pulumi", [...args, "--color", "never", "-s", this.name]);
  }

  /** The whole `up` with hosts that are down: done, past them, and they are named. */
  public async upPast(...down: string[]): Promise<Ran> {
    const args = ["up", "--yes", "--skip-preview", "--color", "never", "-s", this.name];
    const ran = await this.tool("pulumi", args);
    assert.equal(ran.code, 1, `an up with ${down.join(", ")} down ended with ${String(ran.code)}:\n${ran.output}`);
    assert.match(ran.stdout, /Resources:\n/, ran.output.slice(-6000));
    const [, problems = ""] = ran.stderr.split("The up is done.\nerror: ");
    for (const host of down) assert.ok(problems.includes(host), ran.stderr);
    assert.ok(problems.includes(`npm run repair -- ${this.name}`), ran.stderr);
    return ran;
  }

  /** `npm run destroy -- <stack> --yes`. */
  public destroy(): Promise<Ran> {
    return this.good("destroy", [this.name, "--yes"], 120);
  }

  /** `npm run -s status -- <stack> --json`. */
  public async status(): Promise<{ readonly code: number | null; readonly status: ClusterStatus }> {
    const { code, stdout } = await this.tool("status", [this.name, "--json"], 60);
    return { code, status: JSON.parse(stdout) as ClusterStatus };
  }

  /** Waits until status finds nothing wrong. */
  public untilHealthy(limit = 90): Promise<number> {
    return until(`the stack ${this.name} to be healthy`, limit, async () => {
      const { code, status } = await this.status();
      return code === 0 ? undefined : status.problems.join("\n");
    });
  }

  /** The stack's outputs, secrets in plain text. */
  public async outputs(): Promise<StackOutputs> {
    const { stdout } = await this.good("pulumi", ["stack", "output", "--json", "--show-secrets", "-s", this.name], 60);
    return stackOutputsSchema.parse(JSON.parse(stdout));
  }

  /** Name of a host's container. */
  public container(host: string): string {
    return `${this.name}-${host}`;
  }

  /** Runs a program in a host; it has to succeed. @returns its output */
  public exec(host: string, args: readonly string[], input?: string | Buffer, limit = 60): Promise<string> {
    const all = ["exec", "-i", this.container(host), ...args];
    return succeed("docker", all, { limit, ...(input === undefined ? {} : { input }) });
  }

  /** Kills containers of hosts, all at once, as a power cut would. */
  public async kill(...hosts: string[]): Promise<void> {
    await succeed("docker", ["kill", ...hosts.map((host) => this.container(host))], { limit: 30 });
  }

  /** Starts containers that were killed. */
  public async revive(...hosts: string[]): Promise<void> {
    await succeed("docker", ["start", ...hosts.map((host) => this.container(host))], { limit: 30 });
  }

  /** Removes hosts behind Pulumi's back, with their data. */
  public async lose(...hosts: string[]): Promise<void> {
    await this.remove(...hosts);
    await succeed("docker", ["volume", "rm", ...hosts.map((host) => `${this.container(host)}-engine`)], { limit: 30 });
  }

  /** Removes containers behind Pulumi's back. Their named volumes stay. */
  public async remove(...hosts: string[]): Promise<void> {
    await succeed("docker", ["rm", "-f", "-v", ...hosts.map((host) => this.container(host))], { limit: 30 });
  }

  /** `docker node ls`, asked of the first manager that answers. */
  public async nodes(): Promise<NodeLine[]> {
    // One that has lost its leader answers only when there is another: the next one may know it by now.
    const stdout = await this.onManager(["docker", "node", "ls", "--format", "{{json .}}"], 10);
    return lines(stdout) as NodeLine[];
  }

  /** Runs a program on the first manager where it succeeds. */
  public async onManager(args: readonly string[], limit = 20): Promise<string> {
    const refusals: string[] = [];
    for (const manager of await this.runningManagers()) {
      const answer = await this.exec(manager, args, undefined, limit).catch((error: unknown) => error);
      if (typeof answer === "string") return answer;
      refusals.push(`${manager}: ${String(answer)}`);
    }
    throw new Error(`no manager of ${this.name} did ${args.join(" ").slice(0, 200)}: ${refusals.join("; ")}`);
  }

  /** The swarm's id, as every manager that runs says it. More than one is a second swarm. */
  public async swarmIds(): Promise<string[]> {
    const ask = ["docker", "info", "--format", "{{.Swarm.Cluster.ID}}"];
    const ids = (await this.runningManagers()).map((manager) => this.exec(manager, ask, undefined, 20));
    return [...new Set((await Promise.all(ids)).map((id) => id.trim()))];
  }

  /** All containers of the stack, in the order of their names. */
  public async containers(): Promise<ContainerLine[]> {
    const args = ["ps", "-a", "--no-trunc", "--filter", this.label, "--format", "{{json .}}"];
    const found = lines(await succeed("docker", args, { limit: 30 })) as ContainerLine[];
    // Nothing else of them: their age in words is another one at the next look.
    const those = found.map(({ ID, Names, State }) => ({ ID, Names, State }));
    return those.sort((a, b) => a.Names.localeCompare(b.Names));
  }

  /** Container id of each host. */
  public async identities(): Promise<Record<string, string>> {
    const found = await this.containers();
    return Object.fromEntries(found.map(({ ID, Names }) => [Names.slice(this.name.length + 1), ID]));
  }

  /** Everything on the Docker engine that carries the stack's label or name. */
  public async remains(): Promise<string[]> {
    const ask = async (kind: string, ...args: string[]): Promise<string[]> => {
      const stdout = await succeed("docker", args, { limit: 30 });
      return stdout.split("\n").flatMap((name) => (name === "" ? [] : [`${kind} ${name}`]));
    };
    const filters = [`name=^/?${this.name}-`, this.label];
    const volumes = (filter: string) => ask("volume", "volume", "ls", "--filter", filter, "--format", "{{.Name}}");
    // By name, it lists volumes that have the text anywhere in their names.
    const named = volumes(`name=${this.name}-`).then((all) =>
      all.filter((one) => one.startsWith(`volume ${this.name}-`)),
    );
    const all = filters.flatMap((filter) => [
      ask("container", "ps", "-a", "--filter", filter, "--format", "{{.Names}}"),
      ask("network", "network", "ls", "--filter", filter.replace("/?", ""), "--format", "{{.Name}}"),
    ]);
    all.push(named, volumes(this.label));
    all.push(ask("network", "network", "ls", "--filter", `name=^${this.name}$`, "--format", "{{.Name}}"));
    return [...new Set((await Promise.all(all)).flat())].sort();
  }

  private async runningManagers(): Promise<string[]> {
    const running = (await this.containers()).filter(({ State }) => State === "running");
    const hosts = running.map(({ Names }) => Names.slice(this.container("").length));
    return hosts.filter((host) => host.startsWith("manager-"));
  }

  private get label(): string {
    return `label=${LABELS.stack}=${this.name}`;
  }
}

/** See `RunOptions.watch`. */
export type RunWatch = (output: string, kill: () => void) => void;

/** The objects of JSON lines. */
export function lines(text: string): unknown[] {
  return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [JSON.parse(line) as unknown]));
}

/**
 * The workstation of a rehearsal: our own commands with what a bastion has there: a `pulumi` and an `aws` on PATH,
 * credentials, a state of its own. Both lead to the simulated AWS.
 */
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { stackOutputsSchema, type StackOutputs } from "../../../components/outputs";
import type { ClusterStatus } from "../../../cli/cluster/model";
import { root } from "../../../cli/paths";
import { run, succeed, until, type Ran } from "../../support/run";

/** Seconds that a whole `up` may take: ten instances boot and install their packages on two cores. */
const UP_LIMIT = 900;

/** Where a workstation is set up, and what its programs lead to. */
export interface WorkstationArgs {
  /** `test` or `prod`: the stack file that is used. */
  readonly stack: string;
  /** A folder of its own; its content goes with {@link Workstation.remove}. */
  readonly folder: string;
  /** The Pulumi engine's binary, with a language host beside it. */
  readonly engine: string;
  /** PULUMI_HOME with the simulated aws plugin. */
  readonly pulumiHome: string;
  /** The `aws` program. */
  readonly awsProgram: string;
  /** Variables that lead the plugin and `aws` to the simulated AWS. */
  readonly env: Readonly<Record<string, string>>;
  /** Keys of the stack file that differ, without `swarm-ha:`. @default none */
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** See the file's head. */
export class Workstation {
  private readonly bin: string;
  private readonly config: string;
  private changes: Readonly<Record<string, unknown>>;

  public constructor(private readonly args: WorkstationArgs) {
    this.bin = join(args.folder, "bin");
    this.config = join(args.folder, "config");
    this.changes = args.changes ?? {};
  }

  /** Name of the stack. */
  public get stack(): string {
    return this.args.stack;
  }

  /** Sets it up, with an empty stack. */
  public async prepare(): Promise<void> {
    const { engine, pulumiHome, awsProgram, folder, stack } = this.args;
    for (const name of [this.bin, this.config, join(folder, "state"), join(folder, "docker")])
      mkdirSync(name, { recursive: true, mode: 0o700 });
    this.program("pulumi", [
      `export PULUMI_HOME='${pulumiHome}' PULUMI_IGNORE_AMBIENT_PLUGINS=true`,
      "export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true PULUMI_SKIP_UPDATE_CHECK=true",
      `exec '${engine}' "$@"`,
    ]);
    this.program("aws", [`exec '${awsProgram}' "$@"`]);
    writeFileSync(join(folder, "passphrase"), "of this rehearsal", { mode: 0o600 });
    copyFileSync(join(root, "Pulumi.yaml"), join(this.config, "Pulumi.yaml"));
    this.configure();
    const init = ["stack", "init", stack, "--no-select", "--non-interactive", "--secrets-provider", "passphrase"];
    await succeed(join(this.bin, "pulumi"), [...init, "--cwd", this.config], { limit: 60, env: this.env });
  }

  /** Writes the stack file again, with further keys that differ. */
  public configure(changes: Readonly<Record<string, unknown>> = {}): void {
    this.changes = { ...this.changes, ...changes };
    const target = join(this.config, `Pulumi.${this.stack}.yaml`);
    const file = parse(readFileSync(join(root, `Pulumi.${this.stack}.yaml`), "utf8")) as {
      config: Record<string, unknown>;
      encryptionsalt?: string;
    };
    for (const [key, value] of Object.entries(this.changes)) {
      const known = file.config[`swarm-ha:${key}`];
      file.config[`swarm-ha:${key}`] = isMapping(known) && isMapping(value) ? { ...known, ...value } : value;
    }
    const salt = saltIn(target);
    writeFileSync(target, stringify({ ...file, ...(salt === undefined ? {} : { encryptionsalt: salt }) }));
  }

  /** Environment of all programs. */
  public get env(): NodeJS.ProcessEnv {
    const { folder, env } = this.args;
    const own = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(AWS|PULUMI|SWARM_HA)_/.test(name)),
    );
    return {
      ...own,
      ...env,
      PATH: `${this.bin}:${process.env["PATH"] ?? ""}`,
      SWARM_HA_CONFIG_DIR: this.config,
      DOCKER_CONFIG: join(folder, "docker"),
      PULUMI_BACKEND_URL: pathToFileURL(join(folder, "state")).href,
      PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, "passphrase"),
    };
  }

  /** `npm run <tool> -- <args>`. */
  public tool(tool: string, args: readonly string[], options: ToolOptions = {}): Promise<Ran> {
    const { limit = UP_LIMIT, env = {}, watch } = options;
    const all = [join(root, "cli/run.mjs"), tool, ...args];
    return run(process.execPath, all, {
      limit,
      env: { ...this.env, ...env },
      ...(watch === undefined ? {} : { watch }),
    });
  }

  /** The same; it has to succeed. */
  public async good(tool: string, args: readonly string[], options: ToolOptions = {}): Promise<Ran> {
    const ran = await this.tool(tool, args, options);
    assert.equal(ran.code, 0, `${tool} ${args.join(" ")} ended with ${String(ran.code)}:\n${ran.output.slice(-8000)}`);
    return ran;
  }

  /** `npm run pulumi -- up`. */
  public up(...args: readonly string[]): Promise<Ran> {
    return this.good("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "-s", this.stack, ...args]);
  }

  /** What an `up` would do: number of resources by operation, without those that stay as they are. */
  public async preview(): Promise<Readonly<Record<string, number>>> {
    const { stdout } = await this.good("pulumi", ["preview", "--json", "-s", this.stack]);
    const { changeSummary = {} } = JSON.parse(stdout) as { changeSummary?: Record<string, number> };
    return Object.fromEntries(Object.entries(changeSummary).filter(([what]) => what !== "same"));
  }

  /** `npm run -s status -- <stack> --json`. */
  public async status(): Promise<{ readonly code: number | null; readonly status: ClusterStatus }> {
    const { code, stdout } = await this.tool("status", [this.stack, "--json"], { limit: 120 });
    return { code, status: JSON.parse(stdout) as ClusterStatus };
  }

  /** Waits until status finds nothing wrong. */
  public untilHealthy(limit = 120): Promise<number> {
    return until(`the stack ${this.stack} to be healthy`, limit, async () => {
      const { code, status } = await this.status();
      return code === 0 ? undefined : status.problems.join("\n");
    });
  }

  /** The stack's outputs, secrets in plain text. */
  public async outputs(): Promise<StackOutputs> {
    const { stdout } = await this.good("pulumi", ["stack", "output", "--json", "--show-secrets", "-s", this.stack]);
    return stackOutputsSchema.parse(JSON.parse(stdout));
  }

  /** Removes its folder. */
  public remove(): void {
    rmSync(this.args.folder, { recursive: true, force: true });
  }

  private program(name: string, lines: readonly string[]): void {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/bin/sh\n${lines.join("\n")}\n`);
    chmodSync(path, 0o755);
  }
}

/** How to run a command. */
export interface ToolOptions {
  /** Seconds after which it is killed. @default 900 */
  readonly limit?: number;
  /** Further variables. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Is told of the output as it comes, and may kill. @default nobody is */
  readonly watch?: (output: string, kill: () => void) => void;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function saltIn(file: string): string | undefined {
  try {
    return (parse(readFileSync(file, "utf8")) as { encryptionsalt?: string }).encryptionsalt;
  } catch {
    return undefined;
  }
}

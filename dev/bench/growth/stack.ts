/** A stack of simulated hosts: the real program and the real Pulumi engine, with steps that only take their time. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { wholeEnvironment } from "../../../cli/environment";
import { passphraseFile, root } from "../../../cli/paths";
import { STATE_AT_END } from "../../../cli/pulumi/destroying";
import { engineEnv, localEnv } from "../../../cli/pulumi/env";
import { execEngine } from "../../../cli/pulumi/exec";
import type { Engine } from "../../../cli/pulumi";
import { withSlots } from "../../../cli/pulumi/slots";
import { checkpointFile, ensureLocalState } from "../../../cli/pulumi/local-state";
import { UserError } from "../../../cli/terminal/errors";
import { watchProcesses, type Usage } from "./processes";
import { watchWrites } from "./writes";

const STACK = "growth";
const QUIET = ["--suppress-progress", "--suppress-outputs", "--color", "never", "--non-interactive"];

/** How a run of Pulumi went. */
export interface Run {
  /** Wall time in seconds, simulated steps included. */
  readonly elapsed: number;
  readonly usage: Usage;
  /** Size of the state afterwards, bytes. Unknown unless it is a file. */
  readonly state?: number;
  /** How often the state was written. Unknown unless it is a file. */
  readonly writes?: number;
}

/** What a simulated stack needs. */
export interface SimulatedStackArgs {
  readonly engine: Engine;
  /** Folder of its own, for config and state. */
  readonly folder: string;
  /** Ends the run under way. */
  readonly signal: AbortSignal;
  /** Address of Pulumi's back-end. @default files in `folder` */
  readonly backend?: string;
}

/** See above. */
export class SimulatedStack {
  private salt = "";

  private constructor(private readonly args: SimulatedStackArgs) {}

  /** Creates an empty stack. */
  public static async create(args: SimulatedStackArgs): Promise<SimulatedStack> {
    const stack = new SimulatedStack(args);
    process.env["XDG_STATE_HOME"] = join(args.folder, "state");
    ensureLocalState();
    const project = join(args.folder, "project");
    mkdirSync(project, { recursive: true });
    copyFileSync(join(root, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
    await stack.pulumi(["stack", "init", STACK, "--no-select", "--secrets-provider", "passphrase"], project);
    stack.salt = /^encryptionsalt:.*$/m.exec(readFileSync(join(project, `Pulumi.${STACK}.yaml`), "utf8"))?.[0] ?? "";
    return stack;
  }

  /** Sets how many workers there should be. All other settings are the same for all sizes. */
  public resize(workers: number): void {
    const config = {
      platform: "local",
      zones: ["zone-a", "zone-b", "zone-c"],
      managers: { count: 3 },
      registry: { replicas: 3 },
      workers: { worker: { count: workers } },
      network: { hosts: "10.240.0.0/16", overlay: "10.128.0.0/12", apps: 16, engine: "10.241.0.0/16" },
    };
    const entries = Object.entries(config).map(([key, value]) => [`swarm-ha:${key}`, value]);
    writeFileSync(this.config, stringify({ config: Object.fromEntries(entries) as unknown }) + this.salt + "\n");
  }

  /**
   * Everything that is missing.
   *
   * @param stateAtEnd whether the state is written at the end alone. That is no measurement of `up`, but a quick way to a
   * large stack. @default false
   */
  public async up(stateAtEnd = false): Promise<Run> {
    const { backend } = this.args;
    const file = checkpointFile(STACK);
    const usage = watchProcesses();
    const writes = backend === undefined ? watchWrites(file) : undefined;
    const began = performance.now();
    const args = ["up", "--yes", "--skip-preview", ...QUIET, "--stack", STACK, "--config-file", this.config];
    await this.pulumi(args, root, stateAtEnd ? STATE_AT_END : {});
    const run = { elapsed: (performance.now() - began) / 1000, usage: usage() };
    return writes === undefined ? run : { ...run, writes: writes(), state: statSync(file).size };
  }

  /** Forgets the stack, also after an interruption: its hosts don't exist. A back-end that isn't a file would keep it. */
  public async remove(): Promise<void> {
    const args = ["stack", "rm", STACK, "--yes", "--force"];
    await this.pulumi(args, join(this.args.folder, "project"), {}, new AbortController().signal);
  }

  private get config(): string {
    return join(this.args.folder, `Pulumi.${STACK}.yaml`);
  }

  private async pulumi(
    args: readonly string[],
    cwd: string,
    more: NodeJS.ProcessEnv = {},
    signal = this.args.signal,
  ): Promise<void> {
    const { engine, backend } = this.args;
    signal.throwIfAborted();
    const text = existsSync(this.config) ? readFileSync(this.config, "utf8") : "";
    // As many steps at a time as `npm run pulumi -- up` takes.
    const base = withSlots(STACK, { text }, args, wholeEnvironment());
    const own =
      backend === undefined
        ? localEnv(engine, base)
        : {
            ...engineEnv(engine, base),
            PULUMI_BACKEND_URL: backend,
            PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
          };
    const { code, stdout, stderr } = await execEngine(engine, args, {
      cwd,
      env: { ...own, ...more },
      capture: true,
      signal,
    });
    signal.throwIfAborted();
    if (code !== 0) throw new UserError(`pulumi ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
  }
}

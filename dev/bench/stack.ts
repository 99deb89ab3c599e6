/** The benchmark's own stack: its state and config are in a directory that goes when it ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { LABELS } from "../../plan/labels";
import type { HostSpec } from "../../plan/placement";
import { parseConfig, type StackConfig } from "../../config";
import { runPulumi } from "../../cli/pulumi";
import { cliPlatformOf } from "../../cli/platform";
import { dockerOn } from "../../components/docker";
import { socketOf } from "../../cli/workstation/docker-socket";
import { UserError } from "../../cli/terminal/errors";
import { loadImages } from "./images";
import { watchEvents, type Span } from "./events";
import { BEFORE_STEPS, SWARM } from "./targets";

/** Name of the stack, and of everything that it has on the Docker engine. */
export const STACK = "bench";

/** Where the benchmark runs: containers of this workstation. */
const PLATFORM = "local";

const QUIET = ["--suppress-progress", "--suppress-outputs", "--color", "never"];

/** How a run of Pulumi went. */
export interface Run {
  /** Wall time of the whole run. */
  readonly seconds: number;
  /** When what was created, by phase. */
  readonly spans: ReadonlyMap<string, Span>;
}

/** The stack, and the files around it. */
export class BenchStack {
  /** For all files of this run. */
  public readonly directory = mkdtempSync(join(tmpdir(), "swarm-ha-bench-"));

  private logs = 0;

  public constructor(public readonly signal: AbortSignal) {
    process.env["XDG_STATE_HOME"] = join(this.directory, "state");
    process.env["SWARM_HA_CONFIG_DIR"] = join(this.directory, "config");
    mkdirSync(join(this.directory, "config"));
  }

  /** Sets how many workers there should be. */
  public resize(workers: number): StackConfig {
    const config = {
      platform: PLATFORM,
      zones: ["zone-a", "zone-b", "zone-c"],
      managers: { count: 3 },
      registry: { replicas: 3 },
      workers: { worker: { count: workers, labels: { "com.example.storage": "ssd" } } },
      network: { hosts: "10.244.0.0/20", overlay: "10.245.0.0/16", engine: "10.246.0.0/16" },
      local: { ports: { ssh: 26122, manager: 26376, registry: 26500, http: 26080, https: 26443 } },
    };
    const entries = Object.entries(config).map(([key, value]) => [`swarm-ha:${key}`, value]);
    const path = join(this.directory, "config", `Pulumi.${STACK}.yaml`);
    writeFileSync(path, stringify({ config: Object.fromEntries(entries) as unknown }));
    return parseConfig(config, STACK);
  }

  /** Everything, or what is missing of it. */
  public up(): Promise<Run> {
    return this.upOf([]);
  }

  /** The swarm, or what is missing of it, and nothing that runs on it. */
  public swarm(): Promise<Run> {
    return this.upOf(SWARM);
  }

  /** Only what exists before the steps begin: the hosts. */
  public hosts(): Promise<Run> {
    return this.upOf(BEFORE_STEPS);
  }

  private upOf(targets: readonly string[]): Promise<Run> {
    return this.run(["up", "--yes", "--skip-preview", ...targets.flatMap((target) => ["--target", target])]);
  }

  public preview(): Promise<Run> {
    return this.run(["preview", "--expect-no-changes"]);
  }

  public destroy(): Promise<Run> {
    return this.run(["destroy", "--yes", "--skip-preview"], true);
  }

  /** Puts the images of the services on hosts that aren't prepared yet. */
  public async loadImages(hosts: readonly HostSpec[]): Promise<void> {
    await loadImages(dockerOn(socketOf(process.env["DOCKER_HOST"])), hosts, (host) => `${STACK}-${host}`);
    this.signal.throwIfAborted();
  }

  /** The state, secrets shown. */
  public async state(): Promise<unknown> {
    const { code, stdout, stderr } = await runPulumi(["stack", "export", "--show-secrets"], {
      stack: STACK,
      capture: true,
    });
    if (code !== 0) throw new UserError(`The benchmark's state can't be read: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Removes all there is of the stack on the Docker engine, whatever its state says. */
  public async clear(): Promise<void> {
    const docker = dockerOn(socketOf(process.env["DOCKER_HOST"]));
    const { containers } = cliPlatformOf({ platform: PLATFORM }) ?? {};
    if (containers === undefined) throw new Error(`the hosts of the platform ${PLATFORM} are no containers`);
    const left = () => containers.objects(docker, STACK);
    // Hundreds of removals at once would only wait for each other.
    for (let rest = await left(); rest.length > 0; rest = await left())
      await containers.remove(docker, rest.slice(0, 20));
  }

  /** Forgets the state of hosts that have been cleared away. */
  public forget(): void {
    rmSync(join(this.directory, "state"), { recursive: true, force: true });
  }

  private async run(args: readonly string[], stateAtEnd = false): Promise<Run> {
    this.signal.throwIfAborted();
    const log = join(this.directory, `events-${String(this.logs++)}.json`);
    const spans = watchEvents(log);
    const began = performance.now();
    const { code, stdout, stderr } = await runPulumi([...args, ...QUIET, "--event-log", log], {
      stack: STACK,
      capture: true,
      signal: this.signal,
      stateAtEnd,
      // The Pulumi engine hides the event log's flag without it.
      env: { PULUMI_DEBUG_COMMANDS: "true" },
    });
    const result = { seconds: (performance.now() - began) / 1000, spans: spans() };
    this.signal.throwIfAborted();
    if (code !== 0) throw new UserError(`pulumi ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
    return result;
  }
}

/** The label that everything of the stack has on the Docker engine. */
export const STACK_LABEL = `${LABELS.stack}=${STACK}`;

/** The application of examples/hello, deployed as a person would do it. */
import { join } from "node:path";
import { root } from "../../cli/paths";
import type { StackOutputs } from "../../components/outputs";
import { AppClient } from "./app-client";
import { succeed, until } from "./run";
import type { TestStack } from "./test-stack";

const FOLDER = join(root, "examples/hello");

/** What it says of itself and of whoever asks. */
export interface Greeting {
  readonly client: string;
  readonly node: string;
}

/** See the top of this file. */
export class Hello {
  private deployed = false;
  private readonly client: AppClient;
  /** Port of the registry load balancer on this workstation. */
  private readonly registryPort: number;
  /** Host and port that begin the names of images. */
  private readonly registry: string;

  public constructor(
    private readonly stack: TestStack,
    outputs: StackOutputs,
  ) {
    const { host, port } = new URL(outputs.endpoints.registry ?? "");
    this.client = new AppClient(outputs);
    this.registryPort = Number(port);
    this.registry = host;
  }

  /** The README's three commands. */
  public async deploy(): Promise<void> {
    this.deployed = true;
    await this.stack.good("context", [this.stack.name], 60);
    const image = `localhost:${this.registryPort}/hello`;
    await this.docker(["build", "-q", "-t", image, FOLDER], 120);
    await this.docker(["push", image], 60);
    const file = join(FOLDER, "stack.yml");
    await this.swarm(["stack", "deploy", "--with-registry-auth", "--detach=false", "-c", file, "hello"], 120);
  }

  /** Replaces every replica, one after the other. */
  public async roll(): Promise<void> {
    await this.swarm(["service", "update", "--force", "--detach=false", "hello_web"], 150);
  }

  /** Gives it so many replicas; its stack file allows two on each node. */
  public async scale(replicas: number): Promise<void> {
    await this.swarm(["service", "scale", "--detach=false", `hello_web=${String(replicas)}`], 150);
  }

  /** Asks it once. @throws Error when the answer isn't its own */
  public async ask(): Promise<Greeting> {
    const { status, body } = await this.client.ask("hello", "/");
    const [, client, node] = /^Hello (\S+), this is \w+ on (\S+)\.\n$/.exec(body) ?? [];
    if (status !== 200 || client === undefined || node === undefined) throw new Error(`${status} ${body.trim()}`);
    return { client, node };
  }

  /** Waits until it answers: after its deployment, until the ingress has seen it. */
  public async untilAnswers(): Promise<void> {
    await until("the example to answer", 60, () => this.ask().then(() => undefined, String));
  }

  /** Nodes on which its replicas run, as the managers have it. */
  public async nodes(): Promise<string[]> {
    const args = ["service", "ps", "--filter", "desired-state=running", "--format", "{{.Node}} {{.CurrentState}}"];
    const found = (await this.swarm([...args, "hello_web"])).trim().split("\n");
    return found.flatMap((line) => (/^\S+ Running/.test(line) ? [line.split(" ")[0] ?? ""] : [])).sort();
  }

  /** Removes it from the swarm, and its image from this workstation. */
  public async remove(): Promise<void> {
    if (!this.deployed) return;
    await this.swarm(["stack", "rm", "hello"], 60);
    await until("the replicas to be gone", 60, async () => {
      const left = await this.nodes().catch(() => []);
      return left.length === 0 ? undefined : left.join(" ");
    });
    await this.docker(["image", "rm", `localhost:${this.registryPort}/hello`], 30);
  }

  /** docker on this workstation. */
  private docker(args: readonly string[], limit: number): Promise<string> {
    // The classic builder is part of every Docker engine.
    const env = { ...this.stack.env, DOCKER_BUILDKIT: "0" };
    return succeed("docker", args, { limit, env });
  }

  /** docker of the stack's context. */
  private swarm(args: readonly string[], limit = 30): Promise<string> {
    const env = { ...this.stack.env, DOCKER_HOST: undefined, REGISTRY: this.registry };
    return succeed("docker", ["--context", `swarm-ha-${this.stack.name}`, ...args], { limit, env });
  }
}

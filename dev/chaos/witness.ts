/** Sees what must stay true while faults and commands go on: writes that were acknowledged, leaders, swarm ids, requests. */
import { setTimeout as sleep } from "node:timers/promises";
import type { StackOutputs } from "../../components/outputs";
import { Hello } from "../../test/support/hello";
import { Load, type Report } from "../../test/support/load";
import { RegistryClient } from "../../test/support/registry";
import { run } from "../../test/support/run";
import type { TestStack } from "../../test/support/test-stack";

/** Milliseconds between two looks. */
const EVERY = 1500;
/** Seconds for one look at a host. */
const LOOK_LIMIT = 8;
/** Seconds that two managers may both claim to lead: one that is cut off steps down after its election's time. */
const TWO_LEADERS_LIMIT = 30;

/** Requests of one round: ten a second for an hour, so that it ends before. */
const MOST_REQUESTS = 36_000;

/** What was acknowledged in a round. */
interface Acknowledged {
  /** Names of swarm configs. */
  readonly configs: string[];
  /** Image → digest of its manifest. */
  readonly images: Map<string, string>;
}

/** See the top of this file. */
export class Witness {
  /** What was found wrong. */
  public readonly violations: string[] = [];
  /** Of this round, and of all rounds before whose acknowledgements still count. */
  public readonly acknowledged: Acknowledged = { configs: [], images: new Map() };
  private readonly hello: Hello;
  private readonly registry: RegistryClient;
  private load: Load | undefined;
  private watching: Promise<void> | undefined;
  private stopped = false;
  private twoLeadersSince: number | undefined;
  private count = 0;

  public constructor(
    private readonly stack: TestStack,
    private readonly outputs: StackOutputs,
    private readonly managers: readonly string[],
    private readonly hosts: readonly string[],
  ) {
    this.hello = new Hello(stack, outputs);
    this.registry = new RegistryClient(stack, outputs);
  }

  /** Deploys the application that is asked all the time, and waits until it answers. */
  public async deploy(): Promise<void> {
    await this.hello.deploy();
    await this.hello.untilAnswers();
  }

  /** Begins to look and to ask. */
  public begin(): void {
    this.stopped = false;
    this.load = new Load(() => this.hello.ask().then(() => undefined), MOST_REQUESTS);
    this.watching = this.watch();
  }

  /** @returns what came of the requests since `from`, milliseconds of `Date.now()` */
  public report(from: number): Report {
    if (this.load === undefined) throw new Error("nothing is asked");
    return this.load.report(from);
  }

  /** Ends looking and asking. */
  public async end(): Promise<void> {
    this.stopped = true;
    await Promise.all([this.load?.stop(), this.watching]);
  }

  /** Tries to write a config, and to push an image. What is acknowledged must be there at the end. */
  public async write(): Promise<void> {
    const name = `chaos-${String(++this.count)}`;
    // A manager that answers is found by onManager; where there is none, nothing is acknowledged.
    await this.stack.onManager(["bash", "-c", `echo x | docker config create ${name} -`], 15).then(
      () => this.acknowledged.configs.push(name),
      () => undefined,
    );
    const image = `chaos:${name}`;
    for (const host of this.hosts) {
      const pushed = await this.push(host, image).catch(() => undefined);
      if (pushed === undefined) continue;
      this.acknowledged.images.set(image, pushed);
      return;
    }
  }

  /** Holds everything that was acknowledged against what is there. The cluster is healthy. */
  public async check(): Promise<void> {
    const configs = (await this.stack.onManager(["docker", "config", "ls", "--format", "{{.Name}}"])).split("\n");
    for (const name of this.acknowledged.configs) {
      if (!configs.includes(name)) this.violations.push(`the config ${name} was acknowledged, and is gone`);
    }
    const [reader = ""] = this.hosts;
    for (const [image, digest] of this.acknowledged.images) {
      const found = await this.registry.pull(reader, image).catch((error: unknown) => String(error));
      if (found !== digest) this.violations.push(`the push of ${image} was acknowledged as ${digest}; now: ${found}`);
    }
    const ids = await this.stack.swarmIds();
    if (ids.length !== 1 || ids[0] !== this.outputs.swarmId) {
      this.violations.push(`the swarm's id is ${this.outputs.swarmId}, and managers have ${ids.join(", ")}`);
    }
  }

  /** Forgets acknowledged changes of the swarm: a forced new cluster may have lost them. */
  public forgive(): void {
    this.acknowledged.configs.length = 0;
  }

  private async push(host: string, image: string): Promise<string> {
    await this.registry.makeImage(host, image, 1);
    const { code, stdout, output } = await this.registry.push(host, image);
    if (code !== 0) throw new Error(output);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1];
    if (digest === undefined) throw new Error(`docker push printed no digest: ${stdout}`);
    return digest;
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      await this.look();
      await sleep(EVERY);
    }
  }

  private async look(): Promise<void> {
    const seen = await Promise.all(this.managers.map((manager) => this.seenBy(manager)));
    const leaders = seen.flatMap(({ manager, leads }) => (leads ? [manager] : []));
    if (leaders.length < 2) this.twoLeadersSince = undefined;
    else {
      this.twoLeadersSince ??= Date.now();
      const seconds = (Date.now() - this.twoLeadersSince) / 1000;
      if (seconds > TWO_LEADERS_LIMIT) {
        this.violations.push(`${leaders.join(" and ")} both lead for ${seconds.toFixed(0)} s`);
        this.twoLeadersSince = undefined;
      }
    }
    const others = seen.filter(({ id }) => id !== "" && id !== this.outputs.swarmId);
    for (const { manager, id } of others) this.violations.push(`${manager} is in another swarm: ${id}`);
  }

  private async seenBy(manager: string): Promise<{ manager: string; id: string; leads: boolean }> {
    const script =
      'docker info --format "{{with .Swarm.Cluster}}{{.ID}}{{end}}" && docker node inspect self --format "{{with .ManagerStatus}}{{.Leader}}{{end}}"';
    const args = ["exec", this.stack.container(manager), "timeout", "6", "bash", "-c", script];
    const ran = await run("docker", args, { limit: LOOK_LIMIT }).catch(() => undefined);
    const [id = "", leads = ""] = ran?.stdout.split("\n") ?? [];
    return { manager, id: id.trim(), leads: leads.trim() === "true" };
  }
}

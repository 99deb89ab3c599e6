/** The simulated AWS with a workstation before it: what a drive works with. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TAGS } from "../../../components/platform/aws/tags";
import { findEngine } from "../../../cli/pulumi";
import { withLock } from "../../../cli/workstation/lock.cjs";
import { rehearsalHome } from "../provider/home";
import { SOCKET_VARIABLE } from "../provider/protocol";
import { ContainerSubstrate } from "../substrate";
import { startObjectStore } from "../substrate/object-store";
import { awsProgram } from "../world/api/aws-program";
import { serveApi } from "../world/api/server";
import { terminate, type Instance } from "../world/instances";
import type { BalancerRecord } from "../world/load-balancers";
import { serveProvider } from "../world/provider-endpoint";
import { World } from "../world/world";
import { countedIn, countersText, fromWorkstation, SEND_BY_SHELL, SEND_TEXT, type Probe, type Probed } from "./probes";
import { Workstation } from "./workstation";

/** Real seconds for one of AWS's: containers need theirs all the same. */
const FACTOR = 0.1;

/** Public addresses of each stack's drive, so that drives of both run beside each other. */
const PUBLIC_RANGES = { test: "203.0.113.128/26", prod: "203.0.113.192/26" } as const;

/** Milliseconds that a drive waits for another one of its stack. */
const TURN_LIMIT = 1_500_000;

/**
 * Waits until no other drive of the stack runs on this workstation: they have the same addresses.
 *
 * @returns what ends the turn
 */
function turnOf(stack: string): Promise<() => void> {
  return new Promise((begun, failed) => {
    const file = join(tmpdir(), `swarm-ha-rehearsal-${stack}.lock`);
    const wait = (pid: number): void => {
      console.log(`        waiting for the drive of ${stack} in process ${String(pid)}`);
    };
    withLock(file, () => new Promise<void>(begun), wait, TURN_LIMIT).catch(failed);
  });
}

/** See the file's head. */
export class SimulatedAws {
  private constructor(
    public readonly world: World,
    public readonly substrate: ContainerSubstrate,
    public readonly workstation: Workstation,
    private readonly ends: (() => unknown)[],
  ) {}

  /** Starts it, with an empty stack of that name and the stack file's own settings. */
  public static async start(stack: "test" | "prod"): Promise<SimulatedAws> {
    const ends: (() => unknown)[] = [await turnOf(stack)];
    const folder = mkdtempSync(join(tmpdir(), `swarm-ha-rehearsal-${stack}-`));
    try {
      const { path } = await findEngine();
      const { engine, home } = await rehearsalHome(path, folder);
      const objects = await startObjectStore();
      ends.push(() => objects.stop());
      let substrate: ContainerSubstrate | undefined;
      const world = await World.make({
        substrate: async (services) => {
          substrate = await ContainerSubstrate.start(services, { publicRange: PUBLIC_RANGES[stack] });
          ends.push(() => substrate?.end());
          return substrate;
        },
        objects,
        speed: { factor: FACTOR, patience: 60 },
      });
      if (substrate === undefined) throw new Error("the world has made no substrate");
      const socket = join(folder, "aws.sock");
      const endpoint = await serveProvider(world, socket);
      ends.push(() => endpoint.close());
      const api = await serveApi(world);
      ends.push(() => api.close());
      const workstation = new Workstation({
        stack,
        folder,
        engine,
        pulumiHome: home,
        awsProgram: await awsProgram(),
        env: { ...api.env, [SOCKET_VARIABLE]: socket },
        changes: { images: await substrate.startRegistry() },
      });
      ends.push(() => {
        workstation.remove();
      });
      await workstation.prepare();
      const aws = new SimulatedAws(world, substrate, workstation, ends);
      return aws;
    } catch (error) {
      for (const end of ends.reverse()) await end();
      throw error;
    }
  }

  /** The instance that plays a host now. */
  public instance(host: string): Instance {
    const [found, ...more] = this.instances().filter(({ tags }) => tags[TAGS.host] === host);
    if (found === undefined) throw new Error(`AWS has no instance of ${host}`);
    if (more.length > 0) throw new Error(`AWS has ${String(more.length + 1)} instances of ${host}`);
    return found;
  }

  /** All instances that aren't terminated. */
  public instances(): Instance[] {
    return [...this.world.cloud.state.instances.values()].filter(({ state }) => state !== "terminated");
  }

  /** A load balancer, by its name in the stack. */
  public balancer(name: string): BalancerRecord {
    const found = [...this.world.cloud.state.balancers.values()].find(({ tags }) => tags[TAGS.host] === name);
    if (found === undefined) throw new Error(`AWS has no load balancer ${name}`);
    return found;
  }

  /** Terminates instances without Pulumi, all at once. */
  public async terminate(which: (instance: Instance) => boolean): Promise<void> {
    await Promise.all(
      this.instances()
        .filter(which)
        .map((instance) => terminate(this.world.cloud, instance)),
    );
  }

  /** Runs a command on a host. @returns what it printed */
  public execute(host: string, command: readonly string[], input = ""): Promise<string> {
    return this.substrate.execute(this.instance(host).id, command, input);
  }

  /** Tries who reaches whom. @returns for each attempt whether it came through */
  public async probe(probes: readonly Probe[]): Promise<readonly boolean[]> {
    const of = (kind: Probed["kind"], end: "from" | "to"): Map<string, Probe[]> => {
      const groups = new Map<string, Probe[]>();
      for (const probe of probes.filter((one) => one[end].kind === kind))
        groups.set(probe[end].name, [...(groups.get(probe[end].name) ?? []), probe]);
      return groups;
    };
    const results = new Map<Probe, boolean>();
    const send = async (own: readonly Probe[], answers: Promise<string>): Promise<void> => {
      const lines = (await answers).trim().split("\n");
      own.forEach((probe, i) => results.set(probe, lines[i] === "open"));
    };
    const text = (own: readonly Probe[]): string =>
      own.map(({ protocol, to, port }) => `${protocol} ${to.address} ${String(port)}\n`).join("");
    const iptables = (host: string, ...args: string[]): Promise<string> =>
      this.execute(host, ["iptables", "-w", "10", ...args]);

    const receivers = [...of("host", "to")];
    const atAll = (work: (host: string, own: readonly Probe[]) => Promise<unknown>): Promise<unknown> =>
      Promise.all(receivers.map(([host, own]) => work(host, own)));
    await atAll((host, own) => this.execute(host, ["iptables-restore", "--noflush", "-w", "10"], countersText(own)));
    await Promise.all([
      ...[...of("host", "from")].map(([host, own]) =>
        send(own, this.execute(host, ["python3", "-c", SEND_TEXT], text(own))),
      ),
      ...[...of("load balancer", "from")].map(([name, own]) =>
        send(own, this.substrate.execute(this.balancer(name).name, ["bash", "-c", SEND_BY_SHELL], text(own))),
      ),
      ...[...of("outside", "from").values()].flat().map(async (probe) => {
        results.set(probe, await fromWorkstation(probe));
      }),
    ]);
    await atAll(async (host, own) => {
      const came = countedIn(await iptables(host, "-nvxL", "PROBED"));
      for (const probe of own.filter(({ protocol }) => protocol === "udp"))
        results.set(probe, came.has(`${probe.from.address} ${String(probe.port)}`));
      await iptables(host, "-D", "INPUT", "-j", "PROBED");
      await iptables(host, "-F", "PROBED");
      await iptables(host, "-X", "PROBED");
    });
    return probes.map((probe) => results.get(probe) === true);
  }

  /** Removes everything, whatever state it is in. */
  public async end(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }
}

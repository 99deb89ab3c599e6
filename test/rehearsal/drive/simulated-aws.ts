/** The simulated AWS with a workstation before it: what a drive works with. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TAGS } from "../../../components/platform/aws/tags";
import { findEngine } from "../../../tools/engine";
import { rehearsalHome } from "../provider/home";
import { SOCKET_VARIABLE } from "../provider/protocol";
import { ContainerSubstrate } from "../substrate";
import { startObjectStore } from "../substrate/object-store";
import { awsProgram } from "../world/api/aws-program";
import { serveApi } from "../world/api/server";
import { terminate, type Instance } from "../world/instances";
import { serveProvider } from "../world/provider-endpoint";
import { World } from "../world/world";
import { countedIn, countersText, SEND_TEXT, type Probe, type Probed } from "./probes";
import { Workstation } from "./workstation";

/** Real seconds for one of AWS's: containers need theirs all the same. */
const FACTOR = 0.1;

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
    const folder = mkdtempSync(join(tmpdir(), `swarm-ha-rehearsal-${stack}-`));
    const ends: (() => unknown)[] = [];
    try {
      const { path } = await findEngine();
      const { engine, home } = await rehearsalHome(path, folder);
      const objects = await startObjectStore();
      ends.push(() => objects.stop());
      let substrate: ContainerSubstrate | undefined;
      const world = await World.make({
        substrate: async (services) => {
          substrate = await ContainerSubstrate.start(services);
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

  /** Terminates instances behind Pulumi's back, all at once. */
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
    const hosts = new Map<string, Probed>(
      probes.flatMap(({ from, to }) => [
        [from.name, from],
        [to.name, to],
      ]),
    );
    const results = new Map<Probe, boolean>();
    for (const { name } of hosts.values()) {
      await this.execute(
        name,
        ["iptables-restore", "--noflush", "-w", "10"],
        countersText(probes.filter(({ to }) => to.name === name)),
      );
    }
    for (const { name } of hosts.values()) {
      const own = probes.filter(({ from }) => from.name === name);
      const lines = own.map(({ protocol, to, port }) => `${protocol} ${to.address} ${String(port)}\n`).join("");
      const answers = (await this.execute(name, ["python3", "-c", SEND_TEXT], lines)).trim().split("\n");
      own.forEach((probe, i) => results.set(probe, answers[i] === "open"));
    }
    for (const { name } of hosts.values()) {
      const came = countedIn(await this.execute(name, ["iptables", "-w", "10", "-nvxL", "PROBED"]));
      for (const probe of probes.filter(({ to, protocol }) => to.name === name && protocol === "udp"))
        results.set(probe, came.has(`${probe.from.address} ${String(probe.port)}`));
      for (const command of [
        ["-D", "INPUT", "-j", "PROBED"],
        ["-F", "PROBED"],
        ["-X", "PROBED"],
      ])
        await this.execute(name, ["iptables", "-w", "10", ...command]);
    }
    return probes.map((probe) => results.get(probe) === true);
  }

  /** Removes everything, whatever state it is in. */
  public async end(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }
}

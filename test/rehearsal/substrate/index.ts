/** The simulated AWS's containers. See ../cloud/substrate.ts for what each call does. */
import type Docker from "dockerode";
import { readFileSync } from "node:fs";
import type { RequestListener, Server } from "node:http";
import { join } from "node:path";
import { docker, unlessGone } from "../../../components/docker";
import { hostImage, hostImageBuild } from "../../../components/platform/local/image";
import type { ContainerFile } from "../../../components/platform/local/container-spec";
import { ensureImage } from "../../../cli/workstation/host-image";
import type {
  BalancerPlan,
  CloudServices,
  InstancePlan,
  PacketRule,
  Routing,
  Substrate,
  TargetState,
} from "../cloud/substrate";
import { nth } from "./addresses";
import { balancerTargets, changeBalancer, createBalancer } from "./balancer";
import { createAuthority, type Authority } from "./endpoints/authority";
import { close, listen } from "./endpoints/listen";
import { metadataServer } from "./endpoints/metadata";
import { isMirror, mirrorListener } from "./endpoints/mirror";
import { nameServer, type NameServer } from "./endpoints/names";
import { brokenServer, plainServer, tlsServer, type Dispatch } from "./endpoints/services";
import { certificatesOf, ensureInstanceImages, type InstanceImages } from "./images";
import { bootInstance, createInstance, stopInstance } from "./instance";
import { filterChains, firstTables } from "./packet-filter";
import { REGISTRY_HOST, startRegistry, type RegistryContent } from "./registry";
import { createRouter, setRouter } from "./router";
import { BROKEN_PORT } from "./router-tables";
import { beginRun, removeContainer, removeNetwork, removeRun, type Run } from "./run";
import { Queue, runIn } from "./shell";

/** What a substrate can be told. */
export interface SubstrateOptions {
  /** What names on the Docker engine begin with. @default "rehearsal" */
  readonly prefix?: string;
  /**
   * Range of public addresses, /25 or larger. The workstation can't reach anything else in it meanwhile.
   *
   * @default 203.0.113.128/25: the stacks let 203.0.113.0/24 in. (Networks of sandboxes use such ranges themselves: all of
   * it would cut a workstation off from its own proxy there.)
   */
  readonly publicRange?: string;
  /** Further host names that are answered here, and by whom. @default none */
  readonly hosts?: Readonly<Record<string, RequestListener>>;
}

interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly network: string;
  /** The router's address inside, which is the resolver, too. */
  readonly router: string;
  /** The router's own address outside. */
  readonly outside: string;
  readonly container: Docker.Container;
  readonly metadata: { readonly server: Server; readonly at: string };
  readonly names: NameServer;
  routing: Routing;
}

interface Instance {
  readonly plan: InstancePlan;
  readonly container: Docker.Container;
}

interface Balancer {
  plan: BalancerPlan;
  readonly container: Docker.Container;
}

/** How many addresses from the end of the public range are the substrate's own: services, then a router for each VPC. */
const OWN_ADDRESSES = 16;

/** The substrate, and what tests and drives ask of it besides. */
export class ContainerSubstrate implements Substrate {
  private readonly vpcs = new Map<string, Vpc>();
  private readonly instances = new Map<string, Instance>();
  private readonly balancers = new Map<string, Balancer>();
  private readonly filters = new Map<string, readonly PacketRule[]>();
  private readonly broken = new Set<string>();
  private readonly queue = new Queue();
  private readonly servers: Server[] = [];
  private services: Readonly<Record<number, string>> = {};
  private readonly hosts = new Map<string, RequestListener>();
  private bundle: Promise<string> | undefined;

  private constructor(
    private readonly world: CloudServices,
    private readonly run: Run,
    private readonly images: InstanceImages,
    private readonly authority: Authority,
    /** See {@link Substrate.publicRange}. */
    public readonly publicRange: string,
  ) {}

  /**
   * Starts a substrate: images, the network of public addresses, and the servers that hosts call.
   *
   * @throws UserError when an image can't be built
   */
  public static async start(world: CloudServices, options: SubstrateOptions = {}): Promise<ContainerSubstrate> {
    const { prefix = "rehearsal", publicRange = "203.0.113.128/25", hosts = {} } = options;
    const engine = docker();
    await ensureImage(engine, hostImageBuild());
    const images = await ensureInstanceImages(engine);
    const run = await beginRun(engine, prefix);
    const substrate = new ContainerSubstrate(world, run, images, await createAuthority(), publicRange);
    Object.entries(hosts).forEach(([name, listener]) => {
      substrate.serve(name, listener);
    });
    try {
      await substrate.begin();
    } catch (error) {
      await substrate.end();
      throw error;
    }
    return substrate;
  }

  /** Certificate of the authority that instances trust, PEM. */
  public get caCertificate(): string {
    return this.authority.pem;
  }

  /** The workstation's address in the public range. */
  public get workstation(): string {
    return nth(this.publicRange, 1);
  }

  /** See {@link Substrate.servicesAddress}. */
  public get servicesAddress(): string {
    return nth(this.publicRange, -2);
  }

  /** Where the workstation itself reaches HTTPS services: `address:port`. */
  public get servicesFromWorkstation(): string {
    return this.services[443] ?? "";
  }

  /** Starts the image registry. @returns values for `swarm-ha:images` */
  public async startRegistry(): Promise<RegistryContent> {
    const { references, listener } = await startRegistry(this.run, this.authority.pem);
    this.serve(REGISTRY_HOST, listener);
    return references;
  }

  /** Answers a further host name, by HTTPS. Inside VPCs it resolves to the services' address. */
  public serve(host: string, listener: RequestListener): void {
    this.hosts.set(host, listener);
  }

  public async createVpc(id: string, cidr: string): Promise<void> {
    await this.queue.then(id, async () => {
      if (this.vpcs.has(id)) return;
      const network = this.run.name(id);
      await this.makeNetwork(network, cidr);
      const [workstation, router] = [nth(cidr, 1), nth(cidr, 2)];
      const names = await nameServer(workstation, (name) => this.resolve(id, name));
      const metadata = metadataServer({
        caller: (address) => this.instanceAt(id, address),
        answer: (instance, path) => this.world.metadata(instance, path),
      });
      const port = await listen(metadata, workstation);
      const outside = this.freeRouterAddress();
      const container = await createRouter(this.run, {
        vpc: id,
        image: hostImage(),
        inside: { network, address: router },
        outside: { network: this.run.name("public"), address: outside },
      });
      const routing: Routing = { subnets: [], publicAddresses: {} };
      const at = `${workstation}:${String(port)}`;
      const vpc: Vpc = {
        id,
        cidr,
        network,
        router,
        outside,
        container,
        metadata: { server: metadata, at },
        names,
        routing,
      };
      this.vpcs.set(id, vpc);
      await this.applyRouting(vpc);
    });
  }

  public async deleteVpc(id: string): Promise<void> {
    await this.queue.then(id, async () => {
      const vpc = this.vpcs.get(id);
      if (vpc === undefined) return;
      const inside = [...this.instances.values(), ...this.balancers.values()].filter(({ plan }) => plan.vpc === id);
      const ids = inside.map(({ plan }) => plan.id).sort();
      if (ids.length > 0) throw new Error(`${id} isn't empty: ${ids.join(", ")}`);
      this.vpcs.delete(id);
      await Promise.all([close(vpc.metadata.server), vpc.names.close()]);
      await removeContainer(this.run.engine, vpc.container.id);
      await removeNetwork(this.run.engine, vpc.network);
    });
  }

  public async route(id: string, routing: Routing): Promise<void> {
    const vpc = this.vpc(id);
    vpc.routing = routing;
    await this.queue.then(id, () => this.applyRouting(vpc));
  }

  public async launch(plan: InstancePlan): Promise<void> {
    await this.queue.then(plan.id, async () => {
      const { network } = this.vpc(plan.vpc);
      const old = this.instances.get(plan.id);
      if (old !== undefined) await removeContainer(this.run.engine, old.container.id);
      const files = await this.instanceFiles();
      const container = await createInstance(this.run, { plan, image: this.images.host, network, files });
      const instance = { plan, container };
      // Metadata is asked for as soon as it boots.
      this.instances.set(plan.id, instance);
      if (this.broken.has(plan.id)) await this.failPackages(plan.id, true);
      await this.boot(instance);
    });
  }

  public async stop(id: string): Promise<void> {
    await this.queue.then(id, () => stopInstance(this.instance(id).container));
  }

  public async start(id: string): Promise<void> {
    await this.queue.then(id, () => this.boot(this.instance(id)));
  }

  public async terminate(id: string): Promise<void> {
    await this.queue.then(id, async () => {
      const instance = this.instances.get(id);
      if (instance === undefined) return;
      await removeContainer(this.run.engine, instance.container.id);
      await unlessGone(this.run.engine.getVolume(this.run.name(id)).remove({ force: true }));
      this.instances.delete(id);
      this.filters.delete(id);
      this.broken.delete(id);
    });
  }

  public async filter(id: string, rules: readonly PacketRule[]): Promise<void> {
    this.filters.set(id, rules);
    await this.queue.then(id, async () => {
      // Only the newest rules count, and only of what is there: a later start sets them, too.
      if (this.filters.get(id) !== rules) return;
      const host = this.instances.get(id) ?? this.balancers.get(id);
      if (host === undefined || !(await isRunning(host.container))) return;
      const { router } = this.vpc(host.plan.vpc);
      await runIn(host.container, ["iptables-restore", "--noflush", "-w", "10"], filterChains(rules, router));
    });
  }

  public async balance(plan: BalancerPlan): Promise<void> {
    const vpc = this.vpc(plan.vpc);
    await this.queue.then(plan.id, async () => {
      const old = this.balancers.get(plan.id);
      if (old !== undefined && sameAddresses(old.plan, plan)) {
        old.plan = plan;
        await changeBalancer(old.container, plan);
        return;
      }
      if (old !== undefined) await removeContainer(this.run.engine, old.container.id);
      const tables = firstTables(this.filters.get(plan.id) ?? [], vpc.router);
      const args = { plan, image: hostImage(), network: vpc.network, router: vpc.router, tables };
      this.balancers.set(plan.id, { plan, container: await createBalancer(this.run, args) });
      await this.queue.then(vpc.id, () => this.applyRouting(vpc));
    });
  }

  public async deleteBalancer(id: string): Promise<void> {
    await this.queue.then(id, async () => {
      const balancer = this.balancers.get(id);
      if (balancer === undefined) return;
      await removeContainer(this.run.engine, balancer.container.id);
      this.balancers.delete(id);
      this.filters.delete(id);
      const vpc = this.vpcs.get(balancer.plan.vpc);
      if (vpc !== undefined) await this.queue.then(vpc.id, () => this.applyRouting(vpc));
    });
  }

  public async targets(id: string): Promise<readonly TargetState[]> {
    const balancer = this.balancers.get(id);
    return balancer === undefined ? [] : balancerTargets(balancer.container);
  }

  public async end(): Promise<void> {
    const vpcs = [...this.vpcs.values()];
    this.vpcs.clear();
    this.instances.clear();
    this.balancers.clear();
    await removeRun(this.run.engine, this.run.id);
    await Promise.all([
      ...this.servers.splice(0).map(close),
      ...vpcs.flatMap(({ metadata, names }) => [close(metadata.server), names.close()]),
    ]);
  }

  /** Whether an instance's packages can't be fetched: the mirrors answer 503 to it, and to no other. */
  public async failPackages(id: string, fail: boolean): Promise<void> {
    if (fail) this.broken.add(id);
    else this.broken.delete(id);
    const instance = this.instances.get(id);
    if (instance === undefined) return;
    const vpc = this.vpc(instance.plan.vpc);
    await this.queue.then(vpc.id, () => this.applyRouting(vpc));
  }

  /** The container of an instance or a load balancer. */
  public containerOf(id: string): Docker.Container {
    const found = this.instances.get(id) ?? this.balancers.get(id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return found.container;
  }

  /** Runs a command on an instance. @returns what it printed */
  public execute(id: string, command: readonly string[], input = ""): Promise<string> {
    return runIn(this.containerOf(id), command, input);
  }

  private async begin(): Promise<void> {
    await this.makeNetwork(this.run.name("public"), this.publicRange);
    const mirror = mirrorListener(this.images.mirror);
    const dispatch: Dispatch = (host) => this.hosts.get(host) ?? (isMirror(host) ? mirror : this.world.https(host));
    const servers = {
      80: plainServer(dispatch),
      443: tlsServer(this.authority, dispatch),
      [BROKEN_PORT]: brokenServer(),
    };
    const services: Record<number, string> = {};
    for (const [port, server] of Object.entries(servers)) {
      this.servers.push(server);
      services[Number(port)] = `${this.workstation}:${String(await listen(server, this.workstation))}`;
    }
    this.services = services;
  }

  private async makeNetwork(name: string, cidr: string): Promise<void> {
    await this.run.engine.createNetwork({
      Name: name,
      CheckDuplicate: true,
      Driver: "bridge",
      IPAM: { Driver: "default", Config: [{ Subnet: cidr, Gateway: nth(cidr, 1) }] },
      // The workstation's Docker engine is no way out.
      Options: { "com.docker.network.bridge.enable_ip_masquerade": "false" },
      Labels: { ...this.run.labels },
    });
  }

  /** Private zones come first, as in a VPC's resolver. */
  private resolve(vpc: string, name: string): readonly string[] | undefined {
    const known = this.world.resolve(vpc, name);
    if (known !== undefined) return known;
    return isMirror(name) || this.hosts.has(name) ? [this.servicesAddress] : undefined;
  }

  private instanceAt(vpc: string, address: string): string | undefined {
    return [...this.instances.values()].find(({ plan }) => plan.vpc === vpc && plan.address === address)?.plan.id;
  }

  private freeRouterAddress(): string {
    const taken = [...this.vpcs.values()].map(({ outside }) => outside);
    for (let back = 2; back < OWN_ADDRESSES; back++) {
      const address = nth(this.publicRange, -1 - back);
      if (!taken.includes(address)) return address;
    }
    throw new Error(`more than ${String(OWN_ADDRESSES - 2)} VPCs at a time`);
  }

  private async applyRouting(vpc: Vpc): Promise<void> {
    const inVpc = [...this.balancers.values()].filter(({ plan }) => plan.vpc === vpc.id);
    const balancers = Object.fromEntries(
      inVpc.flatMap(({ plan }) =>
        plan.publicAddresses.map((address, index) => [address, plan.addresses[index] ?? ""] as const),
      ),
    );
    const { cidr, router, outside, routing, container, names } = vpc;
    const targets = { names: `${nth(cidr, 1)}:${String(names.port)}`, services: this.services };
    const broken = [...this.broken].flatMap((id) => this.instances.get(id)?.plan.address ?? []);
    const { servicesAddress } = this;
    await setRouter(
      container,
      { cidr, address: router, routing, balancers, servicesAddress, targets, broken },
      outside,
    );
  }

  private async boot(instance: Instance): Promise<void> {
    const { plan, container } = instance;
    const { router, metadata } = this.vpc(plan.vpc);
    const rules = this.filters.get(plan.id) ?? [];
    const access = { server: metadata.at, forContainers: plan.metadataHops > 1 };
    await bootInstance(container, { router, tables: firstTables(rules, router, access) });
  }

  /** The image's own certificates and the authority's, and the key of the package mirror. */
  private async instanceFiles(): Promise<ContainerFile[]> {
    this.bundle ??= certificatesOf(this.run.engine, this.images.host);
    const { pem } = this.authority;
    const file = (path: string, content: string): ContainerFile => ({ path, mode: "0644", content });
    const mirror = (name: string): string => readFileSync(join(this.images.mirror, name), "utf8");
    return [
      file("/usr/local/share/ca-certificates/rehearsal.crt", pem),
      file("/etc/ssl/certs/ca-certificates.crt", `${await this.bundle}\n${pem}`),
      file("/etc/apt/trusted.gpg.d/ubuntu-keyring.asc", mirror("docker/linux/ubuntu/gpg")),
      file("/usr/share/rehearsal/mirror-key", mirror("key").trim()),
    ];
  }

  private vpc(id: string): Vpc {
    const vpc = this.vpcs.get(id);
    if (vpc === undefined) throw new Error(`there is no VPC ${id}`);
    return vpc;
  }

  private instance(id: string): Instance {
    const instance = this.instances.get(id);
    if (instance === undefined) throw new Error(`there is no instance ${id}`);
    return instance;
  }
}

async function isRunning(container: Docker.Container): Promise<boolean> {
  return (await unlessGone(container.inspect()))?.State.Running === true;
}

function sameAddresses(one: BalancerPlan, other: BalancerPlan): boolean {
  const of = ({ vpc, addresses, publicAddresses }: BalancerPlan): string =>
    JSON.stringify([vpc, addresses, publicAddresses]);
  return of(one) === of(other);
}

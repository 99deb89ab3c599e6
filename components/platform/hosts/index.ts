import * as pulumi from "@pulumi/pulumi";
import type { HostsStackConfig } from "../../../config/platforms/hosts";
import { loadBalancerOf } from "../../../config/platforms/hosts/load-balancers";
import { bastionOf, loadBalancerHosts, loginOf, type BastionHost } from "../../../config/platforms/hosts/logins";
import { LABELS, LOAD_BALANCER } from "../../../plan/labels";
import type { Login } from "../../../plan/login";
import type { HostSpec } from "../../../plan/placement";
import { PORTS } from "../../../plan/ports";
import type { LoadBalancerName } from "../../../plan/roles";
import { publicImages } from "../../images/public";
import { directConnection, fromBastion } from "../../ssh/connection";
import { pinnedKey } from "../../ssh/host-way";
import type { Bastion, Host, Images, LoadBalancer, Platform, RegistryStorage } from "../types";
import { readOnlyApiAddress } from "../../swarm/worker-proxy";
import { balancerFiles, LOAD_BALANCERS, statsUrl } from "./balancers";
import { endpointOf, recordsOf, targetOf } from "./endpoints";
import { forwarding } from "./external";
import type { HostInputs } from "./host-inputs";
import { HostResource } from "./resources";
import { secretParts } from "./secret-parts";

/** Arguments of {@link createHostsPlatform}. */
export interface HostsPlatformArgs {
  readonly config: HostsStackConfig;
  /** The plan: the inventory. */
  readonly hosts: readonly HostSpec[];
  /** The resource that refuses a change of address ranges. All others depend on it, and it is deleted last. */
  readonly ranges: pulumi.Resource;
}

/** Hosts that exist already, reached by SSH. */
export function createHostsPlatform(args: HostsPlatformArgs): Platform {
  return new HostsPlatform("hosts", args);
}

/** What differs between the hosts' resources. */
interface Work extends Pick<HostInputs, "name" | "address" | "login" | "loadBalancer"> {
  readonly role: string;
  readonly zone: string;
  readonly pool?: string;
}

/**
 * Hosts that exist already, reached by SSH. The stack claims them, and releases them when they leave it; it neither creates nor
 * deletes one.
 */
class HostsPlatform extends pulumi.ComponentResource implements Platform {
  public readonly lifetime: pulumi.Resource;
  public readonly bastion: Bastion;
  public readonly hosts: readonly Host[];
  public readonly loadBalancers: Platform["loadBalancers"];
  public readonly records: NonNullable<Platform["records"]>;
  public readonly forwards?: NonNullable<Platform["forwards"]>;
  public readonly registryName: pulumi.Output<string>;
  public readonly registryStorage: RegistryStorage;
  public readonly images: Images;
  public readonly httpsPort: number;
  /**
   * Nothing is lost with the stack: the registry's content and the hosts' own data stay, the password of backups is in the
   * configuration, and the next `up` issues new certificates.
   */
  public readonly protectsData = false;

  private readonly bastionHost: BastionHost;
  /** By host name. */
  private readonly resources: Readonly<Record<string, HostResource>>;

  public constructor(
    name: string,
    private readonly args: HostsPlatformArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("swarm-ha:platform:Hosts", name, {}, opts);
    const { config, ranges } = args;
    const { domain } = config;
    this.lifetime = ranges;
    this.images = publicImages(config.images);
    this.registryStorage = this.storage();
    this.bastionHost = bastionOf(config);
    this.resources = this.claimAll();
    this.bastion = this.asBastion();
    this.hosts = args.hosts.map((spec) => this.asHost(spec));

    const [manager, registry, app] = [
      endpointOf(config, "manager"),
      endpointOf(config, "registry"),
      endpointOf(config, "app"),
    ];
    const registryName = `${registry.host}:${String(registry.port)}`;
    this.registryName = pulumi.output(registryName);
    this.httpsPort = app.port;
    const suffix = app.port === PORTS.https ? "" : `:${String(app.port)}`;
    this.loadBalancers = {
      // For a workstation without a route to the hosts: the user's own `ssh -L` (docs/hosts.md, "Load balancers").
      manager: this.loadBalancer(
        "manager",
        `${manager.host}:${String(manager.port)}`,
        [`manager.${domain}`],
        ["127.0.0.1"],
      ),
      registry: this.loadBalancer("registry", registryName, [`registry.${domain}`]),
      app: this.loadBalancer("app", `*.app.${domain}${suffix}`, [`*.app.${domain}`]),
    };
    this.records = Object.fromEntries(
      Object.entries(recordsOf(config)).map(([record, target]) => [record, pulumi.output(target)]),
    );
    const external = LOAD_BALANCERS.flatMap((tier) => {
      const settings = loadBalancerOf(config, tier);
      return settings.kind === "hosts" ? [] : [[tier, forwarding(tier, settings, args.hosts)] as const];
    });
    if (external.length > 0) this.forwards = Object.fromEntries(external);
    this.registerOutputs({});
  }

  /**
   * Claims the hosts: the bastion, through which all others are reached; load balancers and managers; and then the other nodes, so
   * that a destroy releases the managers after them.
   */
  private claimAll(): Readonly<Record<string, HostResource>> {
    const { config, hosts } = this.args;
    const balancers = loadBalancerHosts(config).map(({ name, login }): Work => ({
      name,
      role: LOAD_BALANCER,
      zone: "all",
      address: login.address,
      login,
      loadBalancer: balancerFiles(config, hosts, name),
    }));
    const nodes = hosts.map(({ name, role, zone, pool }): Work => {
      const login = this.loginTo(name);
      return { name, role, zone, pool, address: login.address, login };
    });
    const { name: bastionName, login, privateAddress } = this.bastionHost;
    const shared = [...balancers, ...nodes].find(({ name }) => name === bastionName);
    const bastion = this.claim(
      shared ?? { name: bastionName, role: "bastion", zone: "all", address: privateAddress, login },
      [],
    );
    const rest = [...balancers, ...nodes].filter(({ name }) => name !== bastionName);
    const first = rest.filter(({ role }) => role === LOAD_BALANCER || role === "manager");
    const claimed = first.map((work) => [work, this.claim(work, [bastion])] as const);
    const managers = claimed.filter(([{ role }]) => role === "manager").map(([, resource]) => resource);
    const others = rest
      .filter((work) => !first.includes(work))
      .map((work) => [work, this.claim(work, [bastion, ...managers])] as const);
    return {
      [bastionName]: bastion,
      ...Object.fromEntries([...claimed, ...others].map(([{ name }, resource]) => [name, resource])),
    };
  }

  private claim({ role, zone, pool, ...work }: Work, after: readonly HostResource[]): HostResource {
    const { config, ranges } = this.args;
    const { stack } = config;
    const { engine, adopt } = config.hosts;
    const isBastion = work.name === this.bastionHost.name;
    return new HostResource(
      work.name,
      {
        ...work,
        stack,
        hostKey: pinnedKey((isBastion ? this.bastionHost.login : work.login).hostKey),
        labels: {
          [LABELS.stack]: stack,
          [LABELS.role]: role,
          [LABELS.zone]: zone,
          [LABELS.host]: work.name,
          ...(pool === undefined ? {} : { [LABELS.pool]: pool }),
        },
        engine: { source: engine.source, ...(engine.version === undefined ? {} : { version: engine.version }) },
        adopt,
        ...(adopt && role === "worker" ? { readOnlyApi: readOnlyApiAddress(config) } : {}),
        ...(isBastion ? { login: this.bastionHost.login } : { bastion: this.bastionHost.login }),
      },
      { parent: this, dependsOn: [ranges, ...after] },
    );
  }

  private asBastion(): Bastion {
    const { name, login } = this.bastionHost;
    const resource = this.resource(name);
    const { address: host, ...rest } = login;
    return {
      identity: resource.identity,
      connection: directConnection({ host, ...secretParts(rest) }),
      ready: [resource],
    };
  }

  private asHost(spec: HostSpec): Host {
    const { config } = this.args;
    const resource = this.resource(spec.name);
    const { address, ...rest } = this.loginTo(spec.name);
    const registry = loadBalancerOf(config, "registry");
    return {
      ...spec,
      ...(registry.kind === "hosts" ? { names: [`${registry.virtualAddress}\tregistry.${config.domain}`] } : {}),
      identity: resource.identity,
      address: pulumi.output(address),
      connection: fromBastion(this.bastion.connection, { name: spec.name, host: address, ...secretParts(rest) }),
      ready: [resource, ...this.bastion.ready],
    };
  }

  private loginTo(name: string): Login {
    const { config } = this.args;
    const own = config.hosts.inventory.find((host) => host.name === name);
    if (own === undefined) throw new Error(`${name} is not in the inventory`);
    return loginOf(config, own);
  }

  private resource(name: string): HostResource {
    const resource = this.resources[name];
    if (resource === undefined) throw new Error(`${name} was not claimed`);
    return resource;
  }

  private loadBalancer(
    name: LoadBalancerName,
    endpoint: string,
    names: readonly string[],
    addresses: readonly string[] = [],
  ): LoadBalancer {
    const settings = loadBalancerOf(this.args.config, name);
    const target = targetOf(this.args.config, name);
    const isAddress = /^[\d.]+$/.test(target);
    const common = {
      name,
      dnsNames: [...new Set([...names, ...(isAddress || name === "app" ? [] : [target])])],
      ipAddresses: name === "app" ? [] : [...addresses, ...(isAddress ? [target] : [])],
    };
    if (settings.kind === "external")
      return { ...common, endpoint: pulumi.output(endpoint), sources: settings.sources };
    const resources = settings.hosts.map((host) => this.resource(host.name));
    return {
      ...common,
      // Waits for the hosts, so that the endpoint works once it is an output.
      endpoint: pulumi.all(resources.map(({ identity }) => identity)).apply(() => endpoint),
      sources: settings.hosts.map(({ address }) => `${address}/32`),
      stats: pulumi.output(statsUrl(name, settings)),
    };
  }

  private storage(): RegistryStorage {
    const { path, s3 } = this.args.config.hosts.registryStorage;
    if (path !== undefined) {
      const replicas = this.args.hosts.filter(({ role }) => role === "registry").length;
      return { kind: "folder", path, shared: replicas > 1 };
    }
    if (s3 === undefined) throw new Error("the registry has no storage, which a rule refuses");
    const { bucket, region, endpoint, accessKey, secretKey } = s3;
    return {
      kind: "s3",
      bucket: pulumi.output(bucket),
      region,
      endpoint,
      keys: pulumi.secret({ accessKey, secretKey }),
    };
  }
}

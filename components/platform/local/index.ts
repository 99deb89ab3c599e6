import * as pulumi from "@pulumi/pulumi";
import { local as LOCAL, type LocalStackConfig } from "../../../config/platforms/local";
import { directConnection, fromBastion, type SshConnection } from "../../ssh/connection";
import type { SshKeys } from "../../ssh/keys";
import { PORTS } from "../../../plan/ports";
import { addressPlan, type AddressPlan } from "../../../plan/addressing";
import type { HostSpec } from "../../../plan/placement";
import type { Host, Images, LoadBalancer, Bastion, Platform, RegistryStorage } from "../types";
import {
  applicationListeners,
  loadBalancerSettings,
  managerListener,
  registryListener,
  STATS_PORT,
  type Listener,
} from "../haproxy";
import { backupVolumeOf } from "./backup-volume";
import { hostImage } from "./image";
import { localImages } from "./images";
import { LABELS, LOAD_BALANCER } from "../../../plan/labels";
import type { ContainerFile, ContainerInputs } from "./container-spec";
import { registryAt } from "./registry-name";
import { ContainerResource, NetworkResource } from "./resources";

/** Path of the volume that all replicas share, on the registry hosts. */
const REGISTRY_FOLDER = "/srv/registry";

/** Arguments of {@link LocalPlatform}. */
export interface LocalPlatformArgs {
  readonly config: LocalStackConfig;
  /** The plan: hosts by name, role and zone. */
  readonly hosts: readonly HostSpec[];
  /** Host keys by host name, and the key that logs in. */
  readonly keys: SshKeys;
}

/** Hosts as containers on this workstation's Docker engine. */
export function createLocalPlatform(args: LocalPlatformArgs): Platform {
  return new LocalPlatform("local", args);
}

/**
 * Hosts as containers on this workstation's Docker engine, each with its own sshd and Docker engine. Zones
 * are labels and address ranges.
 */
export class LocalPlatform extends pulumi.ComponentResource implements Platform {
  public readonly lifetime: pulumi.Resource;
  public readonly bastion: Bastion;
  public readonly hosts: readonly Host[];
  public readonly loadBalancers: Platform["loadBalancers"];
  public readonly registryName: pulumi.Output<string>;
  public readonly registryStorage: RegistryStorage = { kind: "folder", path: REGISTRY_FOLDER, shared: true };
  public readonly images: Images;
  public readonly httpsPort: number;
  /** Local stacks are throw-away stacks. */
  public readonly protectsData = false;

  private readonly network: NetworkResource;
  private readonly plan: AddressPlan;

  public constructor(
    name: string,
    private readonly args: LocalPlatformArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("swarm-ha:platform:Local", name, {}, opts);
    const { config, hosts } = args;
    this.plan = addressPlan(config);
    this.network = new NetworkResource(
      "network",
      { name: config.stack, stack: config.stack, subnet: this.plan.cidr, gateway: this.plan.gateway },
      { parent: this },
    );
    this.lifetime = this.network;
    this.httpsPort = config.local.ports.https;
    const bastion = this.createBastion();
    this.bastion = bastion;
    this.hosts = hosts.map((spec) => this.createHost(spec, bastion.connection));
    this.registryName = pulumi.output(registryAt(this.args.config));
    this.loadBalancers = this.createLoadBalancers();
    this.images = localImages(this);
    this.registerOutputs({});
  }

  private createBastion(): Bastion {
    const container = this.createContainer("bastion", "bastion", "all", {
      address: this.plan.bastion,
      // Only the bastion forwards: all other hosts are reached through it.
      files: this.sshFiles("bastion").apply((files) => [
        ...files,
        { path: "/etc/ssh/sshd_config.d/bastion.conf", mode: "0644", content: "AllowTcpForwarding yes\n" },
      ]),
      reload: ["sshd"],
      ports: [`${String(this.args.config.local.ports.ssh)}:${String(PORTS.ssh)}`],
      ...this.backupVolume(),
      nested: false,
    });
    const connection = directConnection({
      host: "127.0.0.1",
      port: this.args.config.local.ports.ssh,
      privateKey: this.args.keys.client.privateKeyOpenssh,
      hostKey: this.args.keys.hostKey("bastion").publicKeyOpenssh,
    });
    return { identity: container.identity, connection, ready: [container] };
  }

  private createHost(spec: HostSpec, bastion: SshConnection): Host {
    const { address: fixed, ...host } = spec;
    const registryHost = `registry.${this.args.config.domain}`;
    const container = this.createContainer(spec.name, spec.role, spec.zone, {
      labels: { [LABELS.pool]: spec.pool },
      ...(fixed === undefined ? { addresses: this.workerAddresses(spec.zone) } : { address: fixed }),
      files: this.sshFiles(spec.name),
      reload: ["sshd"],
      ports: [],
      names: [`${registryHost}:${this.plan.loadBalancers.registry}`],
      ...(spec.role === "registry" ? { volumes: [`${this.args.config.stack}-registry:${REGISTRY_FOLDER}`] } : {}),
      nested: true,
    });
    // A fixed address is known before the container exists, and stays when it is replaced.
    const address = fixed === undefined ? container.address : pulumi.output(fixed);
    const connection = fromBastion(bastion, {
      name: spec.name,
      host: address,
      privateKey: this.args.keys.client.privateKeyOpenssh,
      hostKey: this.args.keys.hostKey(spec.name).publicKeyOpenssh,
    });
    // The prepare step gives a running host new names, so another domain doesn't replace hosts.
    const names = [`${this.plan.loadBalancers.registry}\t${registryHost}`];
    return {
      ...host,
      names,
      identity: container.identity,
      address,
      connection,
      ready: [container, ...this.bastion.ready],
    };
  }

  private createLoadBalancers(): Platform["loadBalancers"] {
    const { ports } = this.args.config.local;
    const members = (role: Host["role"]): pulumi.Output<Listener["members"]> =>
      pulumi.all(
        this.hosts
          .filter((host) => host.role === role)
          .map(({ name, address }) => address.apply((at) => ({ name, address: at }))),
      );
    return {
      manager: this.loadBalancer(
        "manager",
        { [ports.manager]: PORTS.api },
        members("manager").apply((managers) => [managerListener(managers)]),
      ),
      // The same port inside and outside, because it is a part of every image's name.
      registry: this.loadBalancer(
        "registry",
        { [ports.registry]: ports.registry },
        members("registry").apply((registries) => [registryListener(ports.registry, registries)]),
      ),
      app: this.loadBalancer(
        "app",
        { [ports.https]: PORTS.https, [ports.http]: PORTS.http },
        members("worker").apply(applicationListeners),
      ),
    };
  }

  /** @param ports Ports of the load balancer by published port of this workstation. The first one is in the outputs. */
  private loadBalancer(
    name: LoadBalancer["name"],
    ports: Readonly<Record<number, number>>,
    listeners: pulumi.Output<Listener[]>,
  ): LoadBalancer {
    const address = this.plan.loadBalancers[name];
    const container = this.createContainer(`lb-${name}`, LOAD_BALANCER, "all", {
      address,
      files: listeners.apply((all) => [
        { path: "/etc/haproxy/haproxy.cfg", mode: "0644", content: loadBalancerSettings(all, this.plan.bastion) },
      ]),
      reload: ["haproxy"],
      ports: Object.entries(ports).map(([outside, inside]) => `${outside}:${String(inside)}`),
      nested: false,
    });
    const { domain, local } = this.args.config;
    return {
      name,
      // Waits for the container, so that the endpoint works once it is an output.
      endpoint: container.identity.apply(() =>
        name === "app"
          ? `*.app.${domain}:${String(local.ports.https)}`
          : name === "registry"
            ? registryAt(this.args.config)
            : `127.0.0.1:${String(local.ports.manager)}`,
      ),
      stats: pulumi.output(`http://${address}:${String(STATS_PORT)}/stats;csv`),
      sources: [`${address}/32`],
      dnsNames: name === "app" ? [`*.app.${domain}`] : [`${name}.${domain}`, "localhost"],
      ipAddresses: name === "app" ? [] : ["127.0.0.1", address],
    };
  }

  private createContainer(
    name: string,
    role: string,
    zone: string,
    {
      labels,
      ...inputs
    }: Omit<ContainerInputs, "container" | "hostname" | "labels" | "image" | "network" | "files"> & {
      readonly files: pulumi.Input<pulumi.Input<ContainerFile>[]>;
      /** Labels besides those that every container has. @default none */
      readonly labels?: Readonly<Record<string, string>>;
    },
  ): ContainerResource {
    const { config } = this.args;
    return new ContainerResource(
      name,
      {
        container: `${config.stack}-${name}`,
        hostname: name,
        labels: {
          [LABELS.stack]: config.stack,
          [LABELS.role]: role,
          [LABELS.zone]: zone,
          [LABELS.host]: name,
          ...labels,
        },
        image: config.local.image ?? hostImage(config.local.engine),
        network: this.network.name,
        ...inputs,
      },
      { parent: this },
    );
  }

  /** The host key that is pinned for this name, and the one key that may log in. */
  private sshFiles(name: string): pulumi.Output<ContainerFile[]> {
    const { keys } = this.args;
    return pulumi
      .all([keys.hostKey(name).privateKeyOpenssh, keys.client.publicKeyOpenssh])
      .apply(([hostKey, client]) => [
        { path: "/etc/ssh/ssh_host_ed25519_key", mode: "0600", content: hostKey },
        { path: "/etc/ssh/authorized_keys", mode: "0600", content: client },
      ]);
  }

  private backupVolume(): Pick<ContainerInputs, "keptVolumes"> {
    const { backup, stack } = this.args.config;
    if (backup === undefined || backup.repository !== undefined || LOCAL.backupFolder === undefined) return {};
    return { keptVolumes: [`${backupVolumeOf(stack)}:${LOCAL.backupFolder}`] };
  }

  private workerAddresses(zone: string): { first: string; last: string } {
    const range = this.plan.zones[zone];
    if (range === undefined) throw new Error(`the address plan has no zone '${zone}'`);
    return range.workers;
  }
}

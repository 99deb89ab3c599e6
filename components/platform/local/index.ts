import * as pulumi from "@pulumi/pulumi";
import type { LocalStackConfig } from "../../../config";
import { directConnection, throughOperator, type SshConnection } from "../../ssh/connection";
import type { SshKeys } from "../../ssh/keys";
import { PORTS } from "../../swarm/ports";
import { addressPlan, type AddressPlan } from "../addressing";
import type { HostSpec } from "../placement";
import type { Host, LoadBalancer, Operator, Platform } from "../types";
import { loadBalancerSettings, managerListener, STATS_PORT, type Listener } from "./haproxy";
import { hostImage } from "./image";
import { LABELS } from "./labels";
import type { MachineFile, MachineInputs } from "./machine-spec";
import { MachineResource, NetworkResource } from "./resources";

/** Arguments of {@link LocalPlatform}. */
export interface LocalPlatformArgs {
  readonly config: LocalStackConfig;
  /** The plan: hosts by name, role and zone. */
  readonly hosts: readonly HostSpec[];
  /** Host keys by machine name, and the key that logs in. */
  readonly keys: SshKeys;
}

/**
 * Machines as containers on this computer's Docker engine, each with a real sshd and a real engine of its own; zones
 * are labels and address ranges. Anyone can lose a zone here without an account.
 */
export class LocalPlatform extends pulumi.ComponentResource implements Platform {
  public readonly lifetime: pulumi.Resource;
  public readonly operator: Operator;
  public readonly hosts: readonly Host[];
  public readonly loadBalancers: { readonly manager: LoadBalancer };

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
    const operator = this.createOperator();
    this.operator = operator;
    this.hosts = hosts.map((spec) => this.createHost(spec, operator.connection));
    this.loadBalancers = { manager: this.createManagerLoadBalancer() };
    this.registerOutputs({});
  }

  private createOperator(): Operator {
    const machine = this.machine("operator", "operator", "all", {
      address: this.plan.operator,
      // Of all machines only this one forwards: it is the way to the others.
      files: this.sshFiles("operator").apply((files) => [
        ...files,
        { path: "/etc/ssh/sshd_config.d/operator.conf", mode: "0644", content: "AllowTcpForwarding yes\n" },
      ]),
      reload: ["sshd"],
      ports: [`${String(this.args.config.local.ports.ssh)}:${String(PORTS.ssh)}`],
      nested: false,
    });
    const connection = directConnection({
      host: "127.0.0.1",
      port: this.args.config.local.ports.ssh,
      privateKey: this.args.keys.client.privateKeyOpenssh,
      hostKey: this.args.keys.hostKey("operator").publicKeyOpenssh,
    });
    return { identity: machine.identity, connection, ready: [machine] };
  }

  private createHost(spec: HostSpec, operator: SshConnection): Host {
    const { address: fixed, ...host } = spec;
    const machine = this.machine(spec.name, spec.role, spec.zone, {
      ...(fixed === undefined ? { addresses: this.workerAddresses(spec.zone) } : { address: fixed }),
      files: this.sshFiles(spec.name),
      reload: ["sshd"],
      ports: [],
      nested: true,
    });
    // A fixed address is known before the machine is there, and stays the same when it is replaced.
    const address = fixed === undefined ? machine.address : pulumi.output(fixed);
    const connection = throughOperator(operator, {
      host: address,
      privateKey: this.args.keys.client.privateKeyOpenssh,
      hostKey: this.args.keys.hostKey(spec.name).publicKeyOpenssh,
    });
    return { ...host, identity: machine.identity, address, connection, ready: [machine, ...this.operator.ready] };
  }

  private createManagerLoadBalancer(): LoadBalancer {
    const { config, hosts } = this.args;
    const members = hosts.flatMap(({ name, role, address }) =>
      role === "manager" && address !== undefined ? [{ name, address }] : [],
    );
    return this.loadBalancer("manager", config.local.ports.manager, managerListener(members));
  }

  private loadBalancer(name: LoadBalancer["name"], port: number, listener: Listener): LoadBalancer {
    const address = this.plan.loadBalancers[name];
    const machine = this.machine(`lb-${name}`, "load-balancer", "all", {
      address,
      files: [
        {
          path: "/etc/haproxy/haproxy.cfg",
          mode: "0644",
          content: loadBalancerSettings([listener], this.plan.operator),
        },
      ],
      reload: ["haproxy"],
      ports: [`${String(port)}:${String(listener.port)}`],
      nested: false,
    });
    return {
      name,
      // Waits for the machine: an endpoint that is handed out should be there.
      endpoint: machine.identity.apply(() => `127.0.0.1:${String(port)}`),
      stats: pulumi.output(`http://${address}:${String(STATS_PORT)}/stats;csv`),
      dnsNames: [`${name}.${this.args.config.domain}`, "localhost"],
      ipAddresses: ["127.0.0.1", address],
    };
  }

  private machine(
    name: string,
    role: string,
    zone: string,
    inputs: Omit<MachineInputs, "container" | "hostname" | "labels" | "image" | "network" | "files"> & {
      readonly files: pulumi.Input<pulumi.Input<MachineFile>[]>;
    },
  ): MachineResource {
    const { config } = this.args;
    return new MachineResource(
      name,
      {
        container: `${config.stack}-${name}`,
        hostname: name,
        labels: { [LABELS.stack]: config.stack, [LABELS.role]: role, [LABELS.zone]: zone, [LABELS.host]: name },
        image: config.local.image ?? hostImage(),
        network: this.network.name,
        ...inputs,
      },
      { parent: this },
    );
  }

  /** The host key that is pinned for this name, and the one key that may log in. */
  private sshFiles(name: string): pulumi.Output<MachineFile[]> {
    const { keys } = this.args;
    return pulumi
      .all([keys.hostKey(name).privateKeyOpenssh, keys.client.publicKeyOpenssh])
      .apply(([hostKey, client]) => [
        { path: "/etc/ssh/ssh_host_ed25519_key", mode: "0600", content: hostKey },
        { path: "/etc/ssh/authorized_keys", mode: "0600", content: client },
      ]);
  }

  private workerAddresses(zone: string): { first: string; last: string } {
    const range = this.plan.zones[zone];
    if (range === undefined) throw new Error(`the address plan has no zone '${zone}'`);
    return range.workers;
  }
}

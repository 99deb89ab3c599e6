/** Turns groups, routes and load balancers into what the substrate is told. */
import { setTimeout as sleep } from "node:timers/promises";
import type { BalancerListener, BalancerPlan, PacketRule, Routing, SubnetRoute } from "../cloud/substrate";
import type { Cloud } from "./cloud";
import type { BalancerRecord } from "./load-balancers";
import { gatewayOf, routesOf } from "./routing";
import type { Rule } from "./security-groups";
import type { Subnet } from "./vpc";

/** Milliseconds in which changes are gathered: the Docker engine makes dozens of rules at once. */
const GATHER = 20;

/** See the file's head. Only what differs from last time is told. */
export class Network {
  private readonly sent = new Map<string, string>();
  private readonly hosts = new Set<string>();
  private readonly balancers = new Set<string>();
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  public constructor(private readonly cloud: Cloud) {}

  /** Something has changed. Settles when the substrate has it. */
  public changed(): Promise<void> {
    if (this.next === undefined) {
      const before = this.running.catch(() => undefined);
      const next = before
        .then(() => sleep(GATHER))
        .then(() => {
          this.next = undefined;
          this.running = this.push();
          return this.running;
        });
      this.next = next;
    }
    return this.next;
  }

  /** An instance gets a container: its packet filter is told from now on. */
  public expect(id: string): void {
    this.hosts.add(id);
  }

  /** An instance has no container any more. */
  public ended(id: string): void {
    this.hosts.delete(id);
    this.sent.delete(`filter ${id}`);
  }

  private async push(): Promise<void> {
    const { state, substrate } = this.cloud;
    for (const vpc of state.vpcs.keys())
      await this.tell(`route ${vpc}`, routing(this.cloud, vpc), (plan) => substrate.route(vpc, plan));
    await this.removeBalancers();
    await Promise.all(
      [...state.balancers.values()]
        .filter(({ state: now }) => now !== "deleting")
        .map(async (record) => {
          await this.filter(record.name, record.groups);
          await this.tell(`balance ${record.name}`, balancing(this.cloud, record), (plan) => substrate.balance(plan));
          this.balancers.add(record.name);
        }),
    );
    await Promise.all(
      [...state.instances.values()]
        .filter(({ id }) => this.hosts.has(id))
        .map(({ id, groups }) => this.filter(id, groups)),
    );
  }

  private async removeBalancers(): Promise<void> {
    const kept = new Set(
      [...this.cloud.state.balancers.values()].filter(({ state }) => state !== "deleting").map(({ name }) => name),
    );
    for (const name of [...this.balancers].filter((one) => !kept.has(one))) {
      await this.cloud.substrate.deleteBalancer(name);
      this.balancers.delete(name);
      for (const what of ["balance", "filter"]) this.sent.delete(`${what} ${name}`);
    }
  }

  private filter(id: string, groups: readonly string[]): Promise<void> {
    return this.tell(`filter ${id}`, packetRules(this.cloud, groups), (rules) =>
      this.cloud.substrate.filter(id, rules),
    );
  }

  private async tell<T>(what: string, value: T, send: (value: T) => Promise<void>): Promise<void> {
    const text = JSON.stringify(value);
    if (this.sent.get(what) === text) return;
    await send(value);
    this.sent.set(what, text);
  }
}

/** Private addresses of a group's members: instances, and load balancers' interfaces. */
function members(cloud: Cloud, group: string): string[] {
  const { instances, balancers } = cloud.state;
  return [
    ...[...instances.values()]
      .filter((one) => one.groups.includes(group) && one.state !== "terminated")
      .map(({ address }) => address),
    ...[...balancers.values()]
      .filter((one) => one.groups.includes(group) && one.state !== "deleting")
      .flatMap(({ interfaces }) => interfaces.map(({ address }) => address)),
  ].sort();
}

const PROTOCOLS: Readonly<Record<string, PacketRule["protocol"]>> = {
  tcp: "tcp",
  "6": "tcp",
  udp: "udp",
  "17": "udp",
  icmp: "icmp",
  "1": "icmp",
  "50": "50",
  "-1": "-1",
};

/** What the rules of groups let through, as a packet filter. */
export function packetRules(cloud: Cloud, groups: readonly string[]): PacketRule[] {
  const peers = (rule: Rule): string[] => {
    if (rule.cidr !== undefined) return [rule.cidr];
    if (rule.prefixList !== undefined) return [`${cloud.substrate.servicesAddress}/32`];
    return members(cloud, rule.reference ?? "").map((address) => `${address}/32`);
  };
  return [...cloud.state.rules.values()]
    .filter(({ group }) => groups.includes(group))
    .map((rule): PacketRule => {
      const protocol = PROTOCOLS[rule.protocol];
      if (protocol === undefined) throw new Error(`the protocol ${rule.protocol} isn't simulated`);
      const ports = (protocol === "tcp" || protocol === "udp") && rule.ports !== undefined ? { ports: rule.ports } : {};
      return { direction: rule.direction, protocol, ...ports, peers: peers(rule) };
    })
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function wayOut(cloud: Cloud, subnet: Subnet): SubnetRoute {
  const target = routesOf(cloud, subnet.id).get("0.0.0.0/0");
  const none = { cidr: subnet.cidr, out: "none" } as const;
  if (gatewayOf(cloud, subnet.vpc) === undefined || target === undefined) return none;
  if (target.gatewayId !== undefined) return { cidr: subnet.cidr, out: "internet" };
  const nat = cloud.state.natGateways.get(target.natGatewayId ?? "");
  if (nat?.state !== "available") return none;
  // A NAT gateway itself goes out by its own subnet.
  if (routesOf(cloud, nat.subnet).get("0.0.0.0/0")?.gatewayId === undefined) return none;
  return { cidr: subnet.cidr, out: "nat", natAddress: nat.publicAddress };
}

/** What a VPC's router does. */
export function routing(cloud: Cloud, vpc: string): Routing {
  const { subnets, addresses, instances } = cloud.state;
  const mapped = [...addresses.values()].flatMap(({ publicAddress, instance }) => {
    const found = instances.get(instance ?? "");
    return found?.vpc === vpc && found.state !== "terminated" ? [[publicAddress, found.address] as const] : [];
  });
  return {
    subnets: [...subnets.values()].filter((one) => one.vpc === vpc).map((one) => wayOut(cloud, one)),
    publicAddresses: Object.fromEntries(mapped),
  };
}

/** A load balancer as the substrate makes it. */
export function balancing(cloud: Cloud, record: BalancerRecord): BalancerPlan {
  const { listeners, targetGroups, instances } = cloud.state;
  const plans = [...listeners.values()]
    .filter((one) => one.balancer === record.arn)
    .map((listener): BalancerListener => {
      const group = targetGroups.get(listener.targetGroup);
      if (group === undefined) throw new Error(`the listener ${listener.arn} has no target group`);
      const { healthCheck: check, proxyProtocolV2, targetHealthStates } = group.settings;
      return {
        port: listener.port,
        proxyProtocol: proxyProtocolV2,
        check: {
          protocol: check.protocol,
          port: check.port === "traffic-port" ? group.port : Number(check.port),
          path: check.path,
          interval: check.interval,
          timeout: check.timeout,
          healthy: check.healthyThreshold,
          unhealthy: check.unhealthyThreshold,
        },
        // AWS's default is to cut them.
        cutUnhealthy: targetHealthStates[0]?.enableUnhealthyConnectionTermination ?? true,
        targets: group.targets
          .filter(({ draining }) => !draining)
          .map(({ id, port }) => ({ id, address: instances.get(id)?.address ?? "", port })),
      };
    });
  return {
    id: record.name,
    vpc: record.vpc,
    addresses: record.interfaces.map(({ address }) => address),
    publicAddresses: record.interfaces.flatMap(({ publicAddress }) => publicAddress ?? []),
    listeners: plans.sort((a, b) => a.port - b.port),
  };
}

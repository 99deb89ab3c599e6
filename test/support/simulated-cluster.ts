/**
 * A cluster of simulated hosts, on which the real operations run with the real runner: hosts, Docker engines and the managers'
 * votes change by what the operations do, and by faults in between. It is stricter than a real one in one respect: whatever
 * takes the majority away is written down.
 */
import { evaluate, type Evaluation } from "../../cli/cluster/evaluate";
import type { AllFacts, HostFacts } from "../../cli/cluster/host-facts";
import { desiredAvailability, desiredLabels } from "../../cli/cluster/labels";
import type { Desired, Live, LiveNode, ManagerAnswer } from "../../cli/cluster/model";
import type { LiveStack } from "../../cli/cluster/stack";
import type { BroughtBack, Cluster } from "../../cli/operations/cluster";
import type { RepairStep } from "../../cli/operations/plan-repair";
import type { PlatformInstance } from "../../cli/platform/types";
import type { DesiredNode } from "../../components/outputs";
import { majority } from "../../plan/quorum";
import { guard, votes } from "../../cli/cluster/quorum";

/** What can happen to a host. */
export const SIMULATED_FAULTS = [
  "off",
  "pause",
  "lose",
  "stop-engine",
  "hang-engine",
  "lock",
  "leave",
  "drain",
  "demote",
] as const;

/** See {@link SIMULATED_FAULTS}. */
export type SimulatedFault = (typeof SIMULATED_FAULTS)[number];

interface Host {
  power: "on" | "off" | "paused" | "gone";
  engine: "up" | "stopped" | "hung" | "locked";
  /** Its Docker engine's node id; empty when it is in no swarm. */
  nodeId: string;
  identity: string;
}

interface Member extends Pick<LiveNode, "id" | "hostname" | "labels"> {
  role: LiveNode["role"];
  availability: LiveNode["availability"];
}

/** The moment of all looks. */
const NOW = new Date("2030-01-02T03:04:05Z");
/** Bastion and load balancers. */
const BESIDE = ["bastion", "lb-manager"];

/** See the top of this file. */
export class SimulatedCluster implements Cluster {
  public readonly stack: string;
  /** What was done, in that order. */
  public readonly log: string[] = [];
  /** What must not be. */
  public readonly violations: string[] = [];
  /** Called before everything that an operation does; may do faults. */
  public meanwhile: () => void = () => undefined;
  private readonly hosts = new Map<string, Host>();
  private readonly members = new Map<string, Member>();
  private readonly beside = new Set(BESIDE);
  private made = 0;

  public constructor(private readonly desired: Desired) {
    this.stack = desired.stack;
    for (const { name, identity } of desired.nodes) {
      this.hosts.set(name, { power: "on", engine: "up", nodeId: "", identity });
      this.join(name);
    }
  }

  /** Names of all hosts. */
  public get names(): string[] {
    return [...this.hosts.keys()];
  }

  /** Whether the managers that are alive are a majority. */
  public hasMajority(without: readonly string[] = []): boolean {
    const voters = [...this.members.values()].filter(({ role }) => role === "manager");
    const living = voters.filter((voter) => this.lives(voter) && !without.includes(voter.hostname));
    return voters.length > 0 && living.length >= majority(voters.length);
  }

  /** Does a fault. @returns false when it would take the majority, or there is nothing left to hurt */
  public hurt(name: string, fault: SimulatedFault): boolean {
    const host = this.host(name);
    const member = this.members.get(host.nodeId);
    if (host.power !== "on") return false;
    if (fault === "drain" || fault === "demote") {
      if (member === undefined) return false;
      if (fault === "drain") member.availability = "drain";
      else if (member.role === "worker" || this.guardOf(member.id) !== undefined) return false;
      else member.role = "worker";
      this.log.push(`fault: ${fault} ${name}`);
      return true;
    }
    const isManager = this.node(name).role === "manager";
    // A restart under autolock locks a manager that is in the swarm.
    if (fault === "lock" && (!isManager || host.engine !== "up" || member === undefined)) return false;
    if (isManager && !this.hasMajority([name])) return false;
    this.log.push(`fault: ${fault} ${name}`);
    if (fault === "off") host.power = "off";
    if (fault === "pause") host.power = "paused";
    if (fault === "lose") Object.assign(host, { power: "gone", nodeId: "" });
    if (fault === "stop-engine") host.engine = "stopped";
    if (fault === "hang-engine") host.engine = "hung";
    if (fault === "lock") host.engine = "locked";
    if (fault === "leave") host.nodeId = "";
    return true;
  }

  /** Cuts the power of everything, under autolock: all hosts start again, and the managers are locked. */
  public cutPower(): void {
    this.log.push("fault: cut the power");
    for (const [name, host] of this.hosts)
      if (host.power === "on") host.engine = this.node(name).role === "manager" ? "locked" : "up";
  }

  /** Removes the bastion or a load balancer. */
  public hurtBeside(name: string): void {
    this.log.push(`fault: remove ${name}`);
    this.beside.delete(name);
  }

  public outstanding(): Promise<string[]> {
    return Promise.resolve([]);
  }

  public bringBack(): Promise<BroughtBack> {
    this.meanwhile();
    this.log.push("bring back");
    for (const host of this.hosts.values()) {
      if (host.power !== "off" && host.power !== "paused") continue;
      // A start of the host starts its Docker engine; a resumed one has the engine that it had.
      if (host.power === "off") host.engine = "up";
      host.power = "on";
    }
    return Promise.resolve({ failures: [] });
  }

  public read(): Promise<LiveStack> {
    const nodes = this.desired.nodes.map((node) => ({ ...node, identity: this.host(node.name).identity }));
    const instance = (name: string, role: string) => ({ name, role, zone: "a", urn: `urn::${name}`, id: `id-${name}` });
    return Promise.resolve({
      stack: this.stack,
      deployment: {},
      instances: [
        instance("bastion", "bastion"),
        instance("lb-manager", "lb"),
        ...nodes.map(({ name, role }) => instance(name, role)),
      ],
      outputs: {} as LiveStack["outputs"],
      desired: { ...this.desired, nodes },
    });
  }

  public instances(): Promise<PlatformInstance[]> {
    const hosts = [...this.hosts].flatMap(([name, { power, identity }]) =>
      power === "gone" ? [] : [{ name, id: identity, running: power === "on" }],
    );
    return Promise.resolve([...hosts, ...[...this.beside].map((name) => ({ name, id: `id-${name}`, running: true }))]);
  }

  public ask(stack: LiveStack): Promise<{ evaluation: Evaluation; facts: AllFacts }> {
    this.meanwhile();
    return Promise.resolve({ evaluation: this.evaluation(stack), facts: this.reports() });
  }

  public wait(_title: string, _usually: string, stack: LiveStack): Promise<Evaluation> {
    this.meanwhile();
    return Promise.resolve(this.evaluation(stack));
  }

  public facts(): Promise<AllFacts> {
    return Promise.resolve(this.reports());
  }

  public withoutRoom(): Promise<string[]> {
    return Promise.resolve([]);
  }

  public acceptGaps(): Promise<void> {
    return Promise.resolve();
  }

  public lendLabels(): Promise<void> {
    return Promise.resolve();
  }

  public up(replace: readonly string[]): Promise<string | undefined> {
    this.meanwhile();
    const names = replace.map((urn) => urn.replace("urn::", ""));
    return Promise.resolve(this.ours(`up ${names.join(" ")}`, () => this.replaceHosts(names)));
  }

  public upPast(): Promise<string | undefined> {
    return this.up([]);
  }

  public repair(step: RepairStep): Promise<string | undefined> {
    this.meanwhile();
    const [name = ""] = step.names;
    const what = `${step.kind} ${step.names.join(" ")}`;
    return Promise.resolve(
      this.ours(what, () => {
        switch (step.kind) {
          case "engine":
            return this.startEngine(name, step.action);
          case "rejoin":
            if (step.nodeId !== undefined) this.members.delete(step.nodeId);
            this.host(name).nodeId = "";
            return this.joinIfPossible(name);
          case "stale-node":
            this.members.delete(step.nodeId);
            return undefined;
          case "settings": {
            const { role, availability, labels } = step.change;
            const member = this.members.get(step.nodeId);
            if (member === undefined) return `the node ${step.nodeId} is gone`;
            Object.assign(member, role && { role }, availability && { availability }, {
              labels: { ...member.labels, ...labels },
            });
            return undefined;
          }
          case "replace":
            return this.replaceHosts(step.names);
          case "unlock": {
            const left = step.names.filter((one) => this.host(one).power !== "on");
            for (const one of step.names) if (this.host(one).engine === "locked") this.host(one).engine = "up";
            return left.length === 0 ? undefined : `${left.join(", ")} can't be reached`;
          }
          case "up":
            return undefined;
        }
      }),
    );
  }

  /** Does something of ours, and sees whether it takes the majority. */
  private ours(what: string, work: () => string | undefined): string | undefined {
    const before = this.hasMajority();
    const managers = this.voterIds();
    const failure = work();
    this.log.push(failure === undefined ? what : `${what}: ${failure}`);
    if (before && !this.hasMajority()) this.violations.push(`${what} took the majority`);
    const removed = managers.filter((id) => !this.members.has(id)).length;
    if (removed > 1) this.violations.push(`${what} removed ${String(removed)} managers at once`);
    return failure;
  }

  private replaceHosts(names: readonly string[]): string | undefined {
    for (const name of names) {
      if (BESIDE.includes(name)) {
        this.beside.add(name);
        continue;
      }
      if (!this.hasMajority()) return "the swarm has no majority";
      const host = this.host(name);
      for (const { id } of [...this.members.values()].filter(({ hostname }) => hostname === name)) {
        // As scripts/remove-node.sh does.
        const reason = this.guardOf(id);
        if (reason !== undefined) return reason;
        this.members.delete(id);
      }
      Object.assign(host, { power: "on", engine: "up", nodeId: "", identity: `made-${String(++this.made)}` });
      const failure = this.joinIfPossible(name);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  private startEngine(name: string, action: "start" | "restart"): string | undefined {
    const host = this.host(name);
    if (host.power !== "on") return "the host can't be reached";
    // A start does nothing to a Docker engine that hangs.
    if (action === "restart" || host.engine === "stopped") host.engine = "up";
    return undefined;
  }

  private joinIfPossible(name: string): string | undefined {
    const { power, engine } = this.host(name);
    if (power !== "on" || engine !== "up") return `${name} can't be reached`;
    if (!this.hasMajority()) return "no manager gives a token";
    this.join(name);
    return undefined;
  }

  private join(name: string): void {
    const desired = this.node(name);
    const host = this.host(name);
    host.nodeId = `node-${String(++this.made)}`;
    this.members.set(host.nodeId, {
      id: host.nodeId,
      hostname: name,
      role: desired.role === "manager" ? "manager" : "worker",
      availability: desiredAvailability(desired),
      labels: desiredLabels({ ...desired, identity: host.identity }),
    });
  }

  private lives({ id, hostname }: Pick<Member, "id" | "hostname">): boolean {
    const host = this.host(hostname);
    return host.nodeId === id && host.power === "on" && host.engine === "up";
  }

  private voterIds(): string[] {
    return [...this.members.values()].flatMap(({ id, role }) => (role === "manager" ? [id] : []));
  }

  private guardOf(id: string): string | undefined {
    return guard(this.nodes().filter(votes), id);
  }

  private nodes(): LiveNode[] {
    const leader = [...this.members.values()].find((member) => member.role === "manager" && this.lives(member));
    return [...this.members.values()].map((member) => {
      const alive = this.lives(member);
      const reachability = member.role === "worker" ? "" : alive ? "reachable" : "unreachable";
      return {
        ...member,
        state: alive ? "ready" : "down",
        message: "",
        engineLabels: this.node(member.hostname).labels,
        leader: member === leader,
        engine: "26.1.5",
        reachability,
        updatedAt: "2030-01-02T03:00:05Z",
      };
    });
  }

  private evaluation({ desired }: LiveStack): Evaluation {
    return evaluate(desired, this.live());
  }

  private live(): Live {
    const nodes = this.hasMajority() ? this.nodes() : { error: "the swarm has no leader" };
    const managers = this.desired.nodes.filter(({ role }) => role === "manager");
    const answers = managers.map(({ name }): ManagerAnswer => {
      const { power, engine, nodeId } = this.host(name);
      if (power === "on" && engine === "locked")
        return { name, answered: true, localState: "locked", swarmId: "", nodes: { error: "needs to be unlocked" } };
      if (power !== "on" || engine !== "up") return { name, answered: false, seen: "connection refused" };
      // Its Docker engine knows nothing of a swarm that it has left, or that has removed it.
      const isMember = nodeId !== "" && this.members.get(nodeId)?.role === "manager";
      if (!isMember)
        return { name, answered: true, localState: "inactive", swarmId: "", nodes: { error: "no manager" } };
      return { name, answered: true, localState: "active", swarmId: this.desired.swarmId, nodes };
    });
    const first = answers.find((answer) => answer.answered && answer.swarmId !== "");
    const members = answers.map((answer) => {
      const up = answer.answered && answer.swarmId !== "";
      return { name: answer.name, up, check: up ? "UP L7OK" : "DOWN L4CON", seconds: 35 };
    });
    const beside = {
      ...(this.beside.has("bastion") ? {} : { bastionError: "connection refused" }),
      loadBalancers: { manager: this.beside.has("lb-manager") ? members : { error: "connection refused" } },
    };
    const heard = this.beside.has("bastion")
      ? answers
      : first === undefined || !this.beside.has("lb-manager")
        ? []
        : [first];
    return { now: NOW, answers: heard, certificates: [], ...beside };
  }

  private reports(): AllFacts {
    const outcome = (name: string): "open" | "refused" | "silent" => {
      const { power, engine } = this.host(name);
      return power !== "on" ? "silent" : engine === "stopped" || engine === "locked" ? "refused" : "open";
    };
    return Object.fromEntries(
      [...this.hosts].map(([name, { power, engine, nodeId }]): [string, HostFacts] => {
        if (power !== "on") return [name, { reached: false, seen: "no answer" }];
        const others = this.names.filter((other) => other !== name);
        const answers = engine === "up" || engine === "locked";
        return [
          name,
          {
            reached: true,
            via: this.beside.has("bastion") ? "bastion" : "platform",
            service: engine !== "stopped",
            answers,
            state: !answers ? "" : engine === "locked" ? "locked" : nodeId === "" ? "inactive" : "active",
            error: "",
            nodeId: answers ? nodeId : "",
            volumes: [],
            reach: others.map((to) => ({ to, port: 7946, outcome: outcome(to) })),
          },
        ];
      }),
    );
  }

  private host(name: string): Host {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  private node(name: string): DesiredNode {
    const node = this.desired.nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }
}

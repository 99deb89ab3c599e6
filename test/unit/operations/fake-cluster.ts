/** A cluster that operations are run on without one: it does at once what it is asked for, and writes it down. */
import type { Spare } from "../../../plan/spare";
import { evaluate, type Evaluation } from "../../../cli/cluster/evaluate";
import type { AllFacts, HostFacts, HostReport } from "../../../cli/cluster/host-facts";
import type { Live, LiveNode } from "../../../cli/cluster/model";
import type { LiveStack } from "../../../cli/cluster/stack";
import type { RaftPositions } from "../../../cli/cluster/raft";
import type { BroughtBack, RecoverableCluster, UpgradableCluster } from "../../../cli/operations/cluster";
import type { Forcing } from "../../../cli/operations/force";
import type { AllSystems, HostToUpgrade, SystemFacts } from "../../../cli/operations/in-place";
import type { Outcome, Operation, Step } from "../../../cli/operations/operation";
import { stepKey, type RepairStep } from "../../../cli/operations/plan-repair";
import type { PlatformInstance } from "../../../cli/platform/types";
import { runOperation } from "../../../cli/operations/runner";
import { found, nodesOf, wanted } from "../cluster/support";

/** What happens in a cluster under test. */
export class FakeCluster implements RecoverableCluster, UpgradableCluster {
  public readonly stack = "local";
  /** Whether the program creates the hosts. */
  public createsHosts = true;
  /** What was asked and done, in that order. */
  public readonly log: string[] = [];
  /** Nodes that differ from those of a healthy cluster. */
  public nodes: Record<string, Partial<LiveNode> | undefined> = {};
  public live: Partial<Live> = {};
  public hosts: AllFacts = {};
  /** Hosts that the stack has no more. */
  public removed: string[] = [];
  /** Hosts whose containers are gone. */
  public gone: string[] = [];
  /** Hosts that were re-installed. */
  public reinstalled: string[] = [];
  /** Hosts of load balancers. */
  public balancers: string[] = [];
  /** Hosts whose tasks have no room, with reasons. */
  public room: Record<string, string[]> = {};
  /** What the managers' disks have. */
  public logs: RaftPositions = {};
  /** What hosts say about their packages. */
  public system: Record<string, SystemFacts> = {};
  /** The Docker engine of hosts that are replaced or upgraded. @default the one that they had */
  public engine: string | undefined;
  public broughtBack: BroughtBack = { failures: [] };
  public waiting: string[] = [];
  /** Whether the first `up` didn't finish. */
  public unfinished = false;
  /** Errors of `up`s and repair steps, by their line in the log. */
  public failing: Record<string, string> = {};
  /** Called when the line is written to the log. */
  public events: Record<string, () => void> = {};
  private readonly desired = wanted();
  private spare = false;

  public outstanding(): Promise<string[]> {
    return Promise.resolve(this.waiting);
  }

  public bringBack(): Promise<BroughtBack> {
    this.note("bring back");
    return Promise.resolve(this.broughtBack);
  }

  public isUnfinished(): Promise<boolean> {
    return Promise.resolve(this.unfinished);
  }

  public goOn(): Promise<string | undefined> {
    this.unfinished = false;
    return Promise.resolve(this.note("go on"));
  }

  /** The stack as its state has it. */
  public now(): LiveStack {
    const nodes = this.desired.nodes.filter(({ name }) => !this.removed.includes(name));
    const [last] = nodes.slice(-1);
    const all = this.spare && last !== undefined ? [...nodes, { ...last, name: "worker-4" }] : nodes;
    const instance = (name: string, role: string) => ({ name, role, zone: "a", urn: `urn::${name}`, id: `id-${name}` });
    return {
      stack: this.stack,
      deployment: {},
      instances: [
        instance("bastion", "bastion"),
        ...all.map(({ name, role }) => instance(name, role)),
        ...this.balancers.map((name) => instance(name, "load-balancer")),
      ],
      outputs: {} as LiveStack["outputs"],
      desired: { ...this.desired, nodes: all },
    };
  }

  public read(): Promise<LiveStack> {
    return Promise.resolve(this.now());
  }

  public instances(): Promise<PlatformInstance[]> {
    const names = ["bastion", ...this.desired.nodes.map(({ name }) => name)].filter(
      (name) => !this.gone.includes(name),
    );
    return Promise.resolve(
      names.map((name) => ({
        ...{ name, id: `instance-${name}`, running: true },
        ...(this.reinstalled.includes(name) ? { gone: "it was re-installed" } : {}),
      })),
    );
  }

  public ask(stack: LiveStack): Promise<{ evaluation: Evaluation; facts: AllFacts }> {
    this.note("ask");
    return Promise.resolve({ evaluation: this.seen(stack), facts: this.hosts });
  }

  public wait(
    title: string,
    _usually: string,
    stack: LiveStack,
    { limit, enough = ({ status }) => status.healthy }: { limit: number; enough?: (seen: Evaluation) => boolean },
  ): Promise<Evaluation> {
    const evaluation = this.seen(stack);
    this.note(`${title}, ${limit} s: ${enough(evaluation) ? "enough" : "time is up"}`);
    return Promise.resolve(evaluation);
  }

  public facts(_stack: LiveStack, hosts: readonly string[]): Promise<AllFacts> {
    this.note(`facts of ${hosts.join(" ")}`);
    return Promise.resolve(this.hosts);
  }

  public positions(_stack: LiveStack, hosts: readonly string[]): Promise<RaftPositions> {
    this.note(`positions of ${hosts.join(" ")}`);
    return Promise.resolve(this.logs);
  }

  public force({ manager, leaving }: Forcing): Promise<string | undefined> {
    return Promise.resolve(this.note(`force ${[manager, ...leaving].join(" ")}`));
  }

  public withoutRoom(_stack: LiveStack, nodeIds: readonly string[]): Promise<string[]> {
    this.note(`room for ${nodeIds.join(" ")}`);
    return Promise.resolve(nodeIds.flatMap((id) => this.room[id.replace("id-", "")] ?? []));
  }

  public acceptGaps(_stack: LiveStack, hosts: readonly string[]): Promise<void> {
    this.note(`accept gaps of ${hosts.join(" ")}`);
    return Promise.resolve();
  }

  public acceptAbsence(_stack: LiveStack, hosts: readonly string[]): Promise<void> {
    this.note(`accept absence of ${hosts.join(" ")}`);
    return Promise.resolve();
  }

  public systems(_stack: LiveStack, hosts: readonly string[]): Promise<AllSystems> {
    this.note(`systems of ${hosts.join(" ")}`);
    const well = { reached: true, boot: "1", offered: true, freeKib: 2 ** 23, updates: 0, restart: false } as const;
    return Promise.resolve(Object.fromEntries(hosts.map((host) => [host, this.system[host] ?? well])));
  }

  public upgradeInPlace(_stack: LiveStack, hosts: readonly HostToUpgrade[]): Promise<string | undefined> {
    const words = hosts.map(({ name, version, reboot }) => [name, version, ...(reboot ? ["reboot"] : [])].join(" "));
    const failure = this.note(`upgrade ${words.join(", ")}`);
    if (failure === undefined) this.renew(hosts.flatMap(({ name, version }) => (version === undefined ? [] : [name])));
    return Promise.resolve(failure);
  }

  public lendLabels(_stack: LiveStack, from: string, to: readonly string[]): Promise<void> {
    this.note(`lend labels of ${from} to ${to.join(" ")}`);
    return Promise.resolve();
  }

  public up(replace: readonly string[], spare?: Spare): Promise<string | undefined> {
    this.spare = spare !== undefined;
    const names = replace.map((urn) => urn.replace("urn::", ""));
    const words = ["up", ...names, ...(spare === undefined ? [] : [`with spare in ${spare.zone}`])];
    const failure = this.note(words.join(" "));
    if (failure === undefined) this.renew(names);
    return Promise.resolve(failure);
  }

  public upPast(): Promise<string | undefined> {
    return Promise.resolve(this.note("up past failures"));
  }

  public repair(step: RepairStep): Promise<string | undefined> {
    const failure = this.note(stepKey(step));
    if (failure === undefined && step.kind === "replace") {
      this.gone = this.gone.filter((name) => !step.names.includes(name));
      this.nodes = Object.fromEntries(Object.entries(this.nodes).filter(([name]) => !step.names.includes(name)));
    }
    return Promise.resolve(failure);
  }

  private seen({ desired }: LiveStack): Evaluation {
    return evaluate(desired, found(desired, nodesOf(desired, this.nodes), this.live));
  }

  /** These hosts have the Docker engine of `engine` from now on. */
  private renew(names: readonly string[]): void {
    const { engine } = this;
    if (engine === undefined) return;
    // What an event has taken out stays out.
    const there = names.filter((name) => !(name in this.nodes) || this.nodes[name] !== undefined);
    for (const name of there) this.nodes = { ...this.nodes, [name]: { ...this.nodes[name], engine } };
  }

  private note(what: string): string | undefined {
    this.log.push(what);
    this.events[what]?.();
    return this.failing[what];
  }
}

/** A host that answers, and whose Docker engine runs. */
export function reached(change: Partial<HostReport> = {}): HostFacts {
  const well = { service: true, answers: true, state: "active", error: "", nodeId: "", volumes: [], reach: [] };
  return { reached: true, via: "bastion", ...well, ...change };
}

/**
 * Runs an operation without a terminal.
 *
 * @param questions gets every question that would be asked, also those that `yes` answers
 */
export function runQuietly<O, S extends Step>(
  operation: Operation<O, S>,
  { yes = false, dryRun = false, questions = [] as string[] } = {},
): Promise<Outcome<O, S>> {
  return runOperation(operation, {
    yes,
    dryRun,
    progress: { info: () => undefined, step: (_what, _usually, work) => work(() => undefined) },
    confirm(question, accepted) {
      questions.push(question);
      return Promise.resolve(accepted);
    },
    lock: (_stack, work) => work(),
    held: () => undefined,
    exclusion: () => ({
      hold: () => Promise.resolve(),
      look: () => Promise.resolve(undefined),
      release: () => undefined,
    }),
  });
}

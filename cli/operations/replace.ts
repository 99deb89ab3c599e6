/**
 * Replaces hosts, for example to bring in a new host image: registry nodes and workers in small batches, managers one at a
 * time, the leader last, and the cluster healthy in between. The first failure ends it. What a batch is: plan-replace.ts.
 *
 * What it costs is asked before anything is touched (before-replace.ts). A worker whose tasks have no room elsewhere is
 * replaced while a spare worker has them, where that was asked for.
 *
 * The bastion can be one of the hosts, and goes first: the cluster doesn't need it, and the others are reached through it. Hosts of load
 * balancers go last, one at a time.
 */
import { messageOf } from "../../components/message";
import { LOAD_BALANCER } from "../../plan/labels";
import type { Spare } from "../../plan/spare";
import type { Evaluation } from "../cluster/evaluate";
import { urnOf, type LiveStack } from "../cluster/stack";
import { commands, list } from "../cluster/words";
import { UserError } from "../terminal/errors";
import {
  askBefore,
  lossBefore,
  refusalBefore,
  replaceCommand,
  wholeContainers,
  type Accepted,
  type Asked,
} from "./before-replace";
import type { Cluster } from "./cluster";
import type { Operation, Past, Plan, Step } from "./operation";
import { nextBatch, obstacles } from "./plan-replace";
import { spareFor } from "./surge";

/** Seconds for the cluster to become healthy after a step. */
const SETTLE_LIMIT = 180;
/** Seconds before the first one: an election takes up to 21, and load balancers up to 15 to see that a host is healthy again. */
const FIRST_LIMIT = 90;
/** Name of the bastion, which is no host of the cluster's. */
export const BASTION = "bastion";

/** What is to be replaced. */
export interface Replacement extends Accepted {
  /** Names of hosts, the bastion among them or not. */
  readonly hosts: readonly string[];
}

/** What a replacement goes by. */
export interface ReplaceSeen {
  readonly stack: LiveStack;
  /** @default the bastion is replaced first: the cluster can only be observed through it */
  readonly evaluation?: Evaluation;
  /** What was asked before the first host. @default nothing was asked, because no host is left or others are unhealthy */
  readonly asked?: Asked;
  /** Services whose tasks have no room although there is a spare worker, with reasons. */
  readonly withoutRoom: readonly string[];
}

/** A step of a replacement. `remove-spare` has no hosts: what the configuration doesn't have goes with any `up`. */
export interface ReplaceStep extends Step {
  readonly kind: "replace" | "add-spare" | "remove-spare";
}

/** The replacement of hosts of a stack. */
export function replace(cluster: Cluster, { hosts, ...accepted }: Replacement): Operation<ReplaceSeen, ReplaceStep> {
  const name = cluster.stack;
  return {
    name: "replace",
    exclusive: true,
    stack: name,
    title: `replacement of ${list(hosts)} of the stack ${name}`,
    prepare: wholeContainers(cluster),
    async observe(moment, past) {
      if (moment.kind === "end") return moment.before;
      const before = moment.kind === "start" ? undefined : moment.before;
      const stack = await cluster.read();
      const todo = remainingOf(hosts, stack, past);
      if (todo.includes(BASTION)) return { stack, withoutRoom: [] };
      const evaluation = await cluster.wait("Waiting until the cluster is healthy", "5 to 20 s", stack, {
        limit: moment.kind === "start" ? FIRST_LIMIT : moment.step.limit,
        deep: true,
        enough: ({ problems }) => obstacles(problems, new Set(todo)).length === 0,
      });
      const clear = obstacles(evaluation.problems, new Set(todo)).length === 0;
      const asked =
        before?.asked ?? (clear && todo.length > 0 ? await askBefore(cluster, stack, evaluation, todo) : undefined);
      const spared = clear ? sparedHost(past) : undefined;
      const node = evaluation.matches.find(({ desired }) => desired.name === spared)?.node;
      const asks = node !== undefined && spared !== undefined && todo.includes(spared);
      const withoutRoom = asks ? await cluster.withoutRoom(stack, [node.id]) : [];
      return { stack, evaluation, withoutRoom, ...(asked === undefined ? {} : { asked }) };
    },
    plan: (seen, past) => planReplace(cluster, hosts, accepted, seen, past),
    settled: ({ evaluation }) => evaluation !== undefined && obstacles(evaluation.problems, new Set()).length === 0,
    onFailure: "stop",
    cleanup: (past) => {
      const spared = sparedHost(past);
      return spared === undefined ? undefined : removeSpare(cluster, spared);
    },
  };
}

/** Hosts that are still to be replaced. An `up` may have removed some: a spare worker of a killed run, or a smaller count. */
function remainingOf(
  hosts: readonly string[],
  { desired, instances }: LiveStack,
  past: readonly Past<ReplaceStep>[],
): string[] {
  const done = past.flatMap(({ step, outcome }) => (step.kind === "replace" && outcome === "done" ? step.hosts : []));
  const wanted = [BASTION, ...desired.nodes.map(({ name }) => name), ...balancersIn(instances)];
  return hosts.filter((host) => wanted.includes(host) && !done.includes(host));
}

/** Names of a stack's hosts of load balancers. */
export function balancersIn(instances: LiveStack["instances"]): string[] {
  return instances.flatMap(({ name, role }) => (role === LOAD_BALANCER ? name : []));
}

/** The host whose tasks a spare worker has now. */
function sparedHost(past: readonly Past<ReplaceStep>[]): string | undefined {
  const last = past.filter(({ step }) => step.kind !== "replace").at(-1);
  return last?.step.kind === "add-spare" && last.outcome === "done" ? last.step.hosts[0] : undefined;
}

function planReplace(
  cluster: Cluster,
  hosts: readonly string[],
  accepted: Accepted,
  { stack, evaluation, asked, withoutRoom }: ReplaceSeen,
  past: readonly Past<ReplaceStep>[],
): Plan<ReplaceStep> {
  const name = cluster.stack;
  let todo = remainingOf(hosts, stack, past);
  if (evaluation === undefined) {
    const others = todo.filter((host) => host !== BASTION);
    const step = replaceStep(cluster, stack, [BASTION], { todo, given: accepted.given, limit: FIRST_LIMIT });
    return {
      steps: [step],
      left: [],
      ...(others.length === 0 ? {} : { later: `${list(others)} can be planned after the bastion is replaced.` }),
    };
  }
  const refuse = (refused: string): Plan<ReplaceStep> => ({ steps: [], left: [], refused });
  const found = obstacles(evaluation.problems, new Set(todo));
  if (found.length > 0) {
    return refuse(
      `${todo.length === 0 ? "All hosts are replaced, but" : "Not replacing:"} the rest of the cluster is unhealthy.${nextText(name, todo, accepted.given)}\n` +
        found.map((problem) => `  - ${problem.text}`).join("\n"),
    );
  }
  const untouched = !past.some(({ step }) => step.hosts.some((host) => host !== BASTION));
  const before = asked === undefined ? undefined : refusalBefore(name, evaluation, asked, accepted);
  if (untouched && before !== undefined) return refuse(before);

  const spared = sparedHost(past);
  if (spared !== undefined && withoutRoom.length > 0) {
    return refuse(
      `${spared} was not replaced: its tasks have no room on the spare worker either. ${withoutRoom.join(". ")}`,
    );
  }

  const full = Object.keys(asked?.withoutRoom ?? {});
  const steps: ReplaceStep[] = [];
  const take = (names: readonly string[], spare?: Spare): void => {
    // The steps on the bastion read it when the first of them drains a node.
    const gaps = accepted.force && untouched && steps.length === 0 ? full : undefined;
    steps.push(
      replaceStep(cluster, stack, names, {
        todo,
        given: accepted.given,
        ...(spare && { spare }),
        ...(gaps && { gaps }),
      }),
    );
    todo = todo.filter((host) => !names.includes(host));
  };
  if (spared !== undefined) {
    if (todo.includes(spared)) take([spared], spareFor(stack, spared));
    steps.push(removeSpare(cluster, spared));
  }
  // One at a time, so that the others of its tiers have the traffic.
  const balancers = todo.filter((host) => balancersIn(stack.instances).includes(host));
  const isNode = (host: string): boolean => !balancers.includes(host);
  let refused: string | undefined;
  while (todo.some(isNode) && refused === undefined) {
    const crowded = accepted.surge ? full.find((host) => todo.includes(host)) : undefined;
    if (crowded !== undefined) {
      const spare = spareFor(stack, crowded);
      if (spare === undefined) {
        refused = `--surge adds a spare worker, and ${crowded} isn't one. Move its services, or use --force`;
        break;
      }
      steps.push(addSpare(cluster, stack, crowded, spare));
      take([crowded], spare);
      steps.push(removeSpare(cluster, crowded));
      continue;
    }
    const batch = nextBatch(new Set(todo), evaluation);
    if ("refused" in batch) refused = `${batch.refused}. First: ${commands(name).repair}`;
    else if (batch.names.length === 0)
      refused = `${list(todo.filter(isNode))} can't be replaced: no batch has room for it. Check: ${commands(name).status}`;
    else take(batch.names);
  }
  if (refused === undefined) for (const balancer of balancers) take([balancer]);
  const loses =
    untouched && asked !== undefined ? lossBefore(name, evaluation, asked, accepted, cluster.hostTraits) : undefined;
  return { steps, left: [], ...(refused && { refused }), ...(loses && { loses }) };
}

interface HowToReplace extends Pick<Accepted, "given"> {
  /** Hosts that are still to be replaced, these among them. */
  readonly todo: readonly string[];
  /** See {@link Step}. @default SETTLE_LIMIT */
  readonly limit?: number;
  /** A spare worker that stays. @default none */
  readonly spare?: Spare;
  /** Hosts whose tasks may be without a node from now on. @default what was accepted before */
  readonly gaps?: readonly string[];
}

function replaceStep(
  cluster: Cluster,
  stack: LiveStack,
  hosts: readonly string[],
  { todo, given, limit = SETTLE_LIMIT, spare, gaps }: HowToReplace,
): ReplaceStep {
  return {
    kind: "replace",
    key: `replace ${hosts.join(" ")}`,
    title: `Replacing ${list(hosts)}`,
    usually: "20 to 60 s",
    hosts,
    limit,
    failed: `${list(hosts)} could not be replaced.${nextText(cluster.stack, todo, given)}`,
    async run() {
      if (gaps !== undefined) await cluster.acceptGaps(stack, gaps);
      return cluster.up(
        hosts.map((host) => urnOf(stack, host)),
        spare,
      );
    },
  };
}

function addSpare(cluster: Cluster, stack: LiveStack, host: string, spare: Spare): ReplaceStep {
  const title = `Adding a spare worker for ${host}`;
  return {
    ...spareStep(cluster, title),
    kind: "add-spare",
    key: `add-spare ${host}`,
    hosts: [host],
    async run() {
      const failure = await cluster.up([], spare);
      if (failure !== undefined) return failure;
      try {
        const before = stack.desired.nodes.map((node) => node.name);
        const now = await cluster.read();
        const added = now.desired.nodes.map((node) => node.name).filter((node) => !before.includes(node));
        await cluster.lendLabels(now, host, added);
        return undefined;
      } catch (error) {
        const failure = await cluster.up([]);
        if (failure === undefined) throw error;
        const left = `The spare worker is still there. The next up removes it: ${commands(cluster.stack).up}`;
        throw new UserError(`${messageOf(error)}\n${left}\n${failure}`);
      }
    },
  };
}

function removeSpare(cluster: Cluster, host: string): ReplaceStep {
  return {
    ...spareStep(cluster, "Removing the spare worker"),
    kind: "remove-spare",
    key: `remove-spare ${host}`,
    hosts: [],
    run: () => cluster.up([]),
  };
}

function spareStep({ stack }: Cluster, title: string): Pick<Step, "title" | "usually" | "limit" | "failed"> {
  const failed = `${title} failed. The next up removes the spare worker if it is still there: ${commands(stack).up}`;
  return { title, usually: "20 to 60 s", limit: SETTLE_LIMIT, failed };
}

function nextText(stack: string, todo: readonly string[], given: readonly string[]): string {
  return todo.length === 0 ? "" : ` Fix that, then run: ${replaceCommand(stack, todo, given)}`;
}

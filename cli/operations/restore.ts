/**
 * Restores a swarm from a backup, in place of one that is lost: on the hosts of this stack, with these or other addresses. One
 * manager gets the state and makes a swarm of it, the others join; repair's steps do the rest. The plan: plan-restore.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../components/message";
import type { Snapshot } from "../cluster/backups";
import type { Evaluation } from "../cluster/evaluate";
import type { AllFacts } from "../cluster/host-facts";
import type { LiveStack } from "../cluster/stack";
import { list, span } from "../cluster/words";
import type { Cluster } from "./cluster";
import type { Loss, Operation, Past, Plan, Step } from "./operation";
import { planRestore, type RestoreAction, type RestoreOptions } from "./plan-restore";
import { planOf, turn } from "./repair";
import type { RestoreWork } from "./restore-work";

/** Seconds for nodes of the restored swarm to find it by themselves: a worker asks every 5 to 10 s. */
const RETURN_LIMIT = 30;
/** Seconds for the cluster to become healthy: load balancers take up to 15 to see it, the services' new tasks some more. */
const HEALTHY_LIMIT = 180;

/** What is asked of a restore. */
export interface RestoreAsked extends RestoreOptions {
  /** Id of the backup. @default the newest one */
  readonly snapshot?: string;
  /** The command that accepts the loss. */
  readonly accept: string;
  /** @default the clock */
  readonly now?: Date;
}

/** What a restore goes by. */
export interface RestoreSeen {
  readonly stack: LiveStack;
  readonly evaluation: Evaluation;
  readonly facts: AllFacts;
  readonly snapshot?: Snapshot;
}

/** A step of a restore: its own, or one of repair's. */
export interface RestoreStep extends Step {
  readonly kind: RestoreAction["kind"] | "repair";
}

/** See the top of this file. */
export function restore(cluster: Cluster, work: RestoreWork, asked: RestoreAsked): Operation<RestoreSeen, RestoreStep> {
  const name = cluster.stack;
  const kinds = (past: readonly Past<RestoreStep>[]): Set<string> =>
    new Set(past.flatMap(({ step, outcome }) => (outcome === "done" ? [step.kind] : [])));
  return {
    name: "restore",
    stack: name,
    title: `restore of the stack ${name}`,
    async observe(moment, past) {
      const stack = await cluster.read();
      const done = kinds(past);
      const snapshot = moment.kind === "start" ? chosen(await work.snapshots(stack), asked) : moment.before.snapshot;
      const evaluation = done.has("join")
        ? await cluster.wait("Waiting until the cluster is healthy", "20 to 90 s", stack, {
            limit: HEALTHY_LIMIT,
            enough: ({ platformHealthy }) => platformHealthy,
          })
        : (await cluster.ask(stack)).evaluation;
      const hosts = stack.desired.nodes.map((node) => node.name);
      const facts = done.has("join") && evaluation.platformHealthy ? {} : await cluster.facts(stack, hosts);
      return { stack, evaluation, facts, ...(snapshot === undefined ? {} : { snapshot }) };
    },
    plan: (seen, past) => planned(seen, past),
    settled: ({ stack, evaluation, snapshot }) =>
      evaluation.platformHealthy &&
      stack.desired.swarmId === snapshot?.swarmId &&
      evaluation.status.swarmId === snapshot.swarmId,
    onFailure: "stop",
  };

  function planned(seen: RestoreSeen, past: readonly Past<RestoreStep>[]): Plan<RestoreStep> {
    const { stack, evaluation, facts, snapshot } = seen;
    const { nodes, swarmId: recorded } = stack.desired;
    const live = evaluation.reachable ? { live: evaluation.status.swarmId } : {};
    const known = { stack: name, nodes, recorded, facts, ...live, ...(snapshot === undefined ? {} : { snapshot }) };
    const plan = planRestore(known, kinds(past), asked);
    if ("refused" in plan) return { steps: [], refused: plan.refused, left: [] };
    if (snapshot === undefined) return { steps: [], left: [] };
    if (plan.actions.length > 0) {
      const steps = plan.actions.map((action) => step(seen, snapshot, action));
      const first = past.length === 0 && plan.actions[0]?.kind === "read";
      return {
        steps,
        left: [],
        later: "Then repair does what is left.",
        ...(first ? { loses: lossOf(snapshot, live.live, asked) } : {}),
      };
    }
    if (evaluation.platformHealthy) return { steps: [], left: [] };
    const { steps, ...rest } = planOf(seen, []);
    return { ...rest, steps: steps.map((action) => ({ ...turn(cluster, stack, action), kind: "repair" as const })) };
  }

  function step({ stack, facts }: RestoreSeen, snapshot: Snapshot, action: RestoreAction): RestoreStep {
    const all = stack.desired.nodes.map((node) => node.name);
    const common = { kind: action.kind, key: action.kind, limit: HEALTHY_LIMIT };
    switch (action.kind) {
      case "read":
        return {
          ...common,
          ...{ title: `Reading all of the backup ${snapshot.id}`, usually: "2 to 30 s", hosts: [] },
          failed: `The backup ${snapshot.id} can't be read, so nothing was changed.`,
          run: () => attempt(() => work.read(stack, snapshot)),
        };
      case "leave":
        return {
          ...common,
          ...{ title: `Letting ${list(action.names)} leave their swarm`, usually: "5 to 40 s", hosts: action.names },
          failed: "Not every manager has left its swarm, so nothing was restored.",
          run: () => attempt(() => work.leave(stack, action.names)),
        };
      case "restore":
        return {
          ...common,
          ...{ title: `Restoring the swarm on ${action.name}`, usually: "5 to 60 s", hosts: [action.name] },
          failed: `${action.name} can't make a swarm of the backup.`,
          run: () => attempt(() => work.restore(stack, action.name, snapshot)),
        };
      case "join":
        return {
          ...common,
          ...{ title: "Letting all hosts join the restored swarm", usually: "30 to 120 s", hosts: all },
          failed: "Not every host has joined. Run this again.",
          run: () => attempt(() => joinAll(stack, facts, snapshot.swarmId)),
        };
    }
  }

  async function joinAll(stack: LiveStack, facts: AllFacts, swarmId: string): Promise<void> {
    const { nodes } = stack.desired;
    const astray = await strangers(stack, facts, swarmId);
    await work.leave(stack, astray);
    const [moved] = await movedMembers(stack);
    const to = nodes.find((node) => node.name === moved?.name)?.address;
    const others = nodes.map((node) => node.name).filter((host) => host !== moved?.name);
    if (moved === undefined || to === undefined) {
      const failure = await work.join(stack);
      if (failure !== undefined) throw new Error(failure);
      return;
    }
    await work.bridge(stack, others, moved.address, to, true);
    const failure = await work.join(stack);
    if (failure !== undefined) throw new Error(failure);
    await work.move(stack, moved, to);
    await work.bridge(stack, others, moved.address, to, false);
  }

  /** Hosts that are in a swarm, and not in the restored one, once those that belong to it have had the time to find it. */
  async function strangers(stack: LiveStack, facts: AllFacts, swarmId: string): Promise<string[]> {
    const inSwarm = stack.desired.nodes.flatMap(({ name: host }) => {
      const report = facts[host];
      return report?.reached === true && report.state !== "inactive" ? [{ host, id: report.nodeId }] : [];
    });
    const lost = async (): Promise<string[]> => {
      const ready = await work.ready(stack).catch((): readonly string[] => []);
      return inSwarm.filter(({ id }) => !ready.includes(id)).map(({ host }) => host);
    };
    // Nodes of another swarm don't come by themselves.
    const end = Date.now() + (stack.desired.swarmId === swarmId ? RETURN_LIMIT * 1000 : 0);
    for (;;) {
      const left = await lost();
      if (left.length === 0 || Date.now() >= end) return left;
      await sleep(1000);
    }
  }

  async function movedMembers(stack: LiveStack) {
    const members = await work.members(stack);
    return members.filter(({ name: host, address }) =>
      stack.desired.nodes.some((node) => node.name === host && node.address !== address),
    );
  }
}

function chosen(snapshots: readonly Snapshot[], { snapshot }: RestoreAsked): Snapshot | undefined {
  return snapshot === undefined
    ? snapshots[0]
    : snapshots.find(({ id }) => id.startsWith(snapshot) || snapshot.startsWith(id));
}

/** What is lost: all changes since the backup, and the swarm that is there. */
function lossOf({ id, time }: Snapshot, live: string | undefined, { accept, now = new Date() }: RestoreAsked): Loss {
  const age = span((now.getTime() - Date.parse(time)) / 1000);
  const swarm = live === undefined ? "" : `the swarm ${live} with its services, secrets and configs, and `;
  const what = `${swarm}all changes since ${time.slice(0, 19).replace("T", " ")} UTC (${age} ago)`;
  return {
    what,
    question: `Restoring the backup ${id} loses ${what}`,
    declined: `Nothing was restored: it loses ${what}. To accept that: ${accept}`,
  };
}

async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Restores a swarm from a backup, in place of one that is lost: on the hosts of this stack, with these or other addresses. One
 * manager gets the state and makes a swarm of it, the others join; repair's steps do the rest. The plan: plan-restore.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { retry } from "../../components/retry";
import type { Snapshot } from "../cluster/backups";
import type { Evaluation } from "../cluster/evaluate";
import type { AllFacts } from "../cluster/host-facts";
import type { LiveStack } from "../cluster/stack";
import { list, span } from "../cluster/words";
import { attempt } from "./attempt";
import type { Cluster } from "./cluster";
import type { Loss, Operation, Past, Plan, Step } from "./operation";
import { chooseTarget, movedMember, planRestore, type RestoreAction, type RestoreOptions } from "./plan-restore";
import { planOf, turn } from "./repair";
import type { RestoreWork, SwarmMember } from "./restore-work";

/** Seconds for nodes of the restored swarm to find it by themselves: a worker asks every 5 to 10 s; and for a manager to answer. */
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
  /** See {@link movedMember}. */
  readonly moved: boolean;
}

/** A step of a restore: its own, or one of repair's. */
export interface RestoreStep extends Step {
  readonly kind: RestoreAction["kind"] | "repair";
}

/** See the top of this file. */
export function restore(cluster: Cluster, work: RestoreWork, given: RestoreAsked): Operation<RestoreSeen, RestoreStep> {
  // One clock for the whole run: with another age of the backup, the question would be asked again after its answer.
  const asked = { now: new Date(), ...given };
  const name = cluster.stack;
  const kinds = (past: readonly Past<RestoreStep>[]): Set<string> =>
    new Set(past.flatMap(({ step, outcome }) => (outcome === "done" ? [step.kind] : [])));
  return {
    name: "restore",
    exclusive: true,
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
      // A run that was interrupted is told by that; later in a run, the steps that are done say more.
      const resumes =
        moment.kind === "start" && evaluation.reachable && evaluation.status.swarmId === snapshot?.swarmId;
      const moved = resumes && movedMember(stack.desired.nodes, snapshot, await members(stack)) !== undefined;
      return { stack, evaluation, facts, moved, ...(snapshot === undefined ? {} : { snapshot }) };
    },
    plan: (seen, past) => planned(seen, past),
    settled: ({ stack, evaluation, snapshot }) =>
      evaluation.platformHealthy &&
      stack.desired.swarmId === snapshot?.swarmId &&
      evaluation.status.swarmId === snapshot.swarmId,
    onFailure: "stop",
  };

  function planned(seen: RestoreSeen, past: readonly Past<RestoreStep>[]): Plan<RestoreStep> {
    const { stack, evaluation, facts, snapshot, moved } = seen;
    const { nodes, swarmId: recorded } = stack.desired;
    const live = evaluation.reachable ? { live: evaluation.status.swarmId } : {};
    const known = {
      stack: name,
      nodes,
      recorded,
      facts,
      moved,
      ...live,
      ...(snapshot === undefined ? {} : { snapshot }),
    };
    const plan = planRestore(known, kinds(past), asked);
    const steps = snapshot === undefined ? [] : plan.actions.map((action) => step(seen, snapshot, action));
    if (plan.refused !== undefined) return { steps, refused: plan.refused, left: [] };
    if (snapshot === undefined) return { steps: [], left: [] };
    if (plan.actions.length > 0) {
      const first = past.length === 0 && plan.actions[0]?.kind === "read";
      return {
        steps,
        left: [],
        later: "Then repair does what is left.",
        ...(first ? { loses: lossOf(snapshot, live.live, asked) } : {}),
      };
    }
    if (evaluation.platformHealthy) return { steps: [], left: [] };
    const { steps: repairs, ...rest } = planOf(seen, []);
    return { ...rest, steps: repairs.map((action) => ({ ...turn(cluster, stack, action), kind: "repair" as const })) };
  }

  function step({ stack, facts }: RestoreSeen, snapshot: Snapshot, action: RestoreAction): RestoreStep {
    const all = stack.desired.nodes.map((node) => node.name);
    const common = { kind: action.kind, key: action.kind, limit: HEALTHY_LIMIT };
    switch (action.kind) {
      case "read":
        return {
          ...common,
          title: `Reading all of the backup ${snapshot.id}`,
          usually: "2 to 30 s",
          hosts: [],
          failed: `The backup ${snapshot.id} can't be read, so nothing was changed.`,
          run: () => attempt(() => work.read(stack, snapshot)),
        };
      case "leave":
        return {
          ...common,
          title: `Letting ${list(action.names)} leave their swarm`,
          usually: "5 to 40 s",
          hosts: action.names,
          failed: "Not every manager has left its swarm, so nothing was restored.",
          run: () => attempt(() => work.leave(stack, action.names)),
        };
      case "restore":
        return {
          ...common,
          title: `Restoring the swarm on ${action.name}`,
          usually: "5 to 60 s",
          hosts: [action.name],
          failed: `${action.name} can't make a swarm of the backup.`,
          run: () => attempt(() => work.restore(stack, action.name, snapshot)),
        };
      case "join":
        return {
          ...common,
          title: "Letting all hosts join the restored swarm",
          usually: "30 to 120 s",
          hosts: all,
          failed: "The swarm is restored, but not all of its hosts are in place. Run this again.",
          run: () => attempt(() => joinAll(stack, facts, snapshot)),
        };
      case "bridge":
        return {
          ...common,
          title: `Ending the redirection of ${snapshot.address}`,
          usually: "1 to 5 s",
          hosts: all,
          failed: `Not every host has ended the redirection of ${snapshot.address}.`,
          run: () => attempt(() => endBridge(stack, snapshot)),
        };
    }
  }

  async function joinAll(stack: LiveStack, facts: AllFacts, snapshot: Snapshot): Promise<void> {
    const { nodes } = stack.desired;
    await phase("making hosts leave other swarms", async () => work.leave(stack, await outsiders(stack, facts)));
    const moved = movedMember(nodes, snapshot, await members(stack));
    const to = nodes.find((node) => node.name === moved?.name)?.address ?? "";
    const join = async (): Promise<void> => {
      const failure = await work.join(stack);
      if (failure !== undefined) throw new Error(failure);
    };
    const move = async (): Promise<void> => {
      if (moved !== undefined) await phase(`giving ${moved.name} the address ${to}`, () => work.move(stack, moved, to));
    };
    if (moved === undefined || moved.address === "") {
      await move();
      await endBridge(stack, snapshot);
      await phase("joining", join);
      return;
    }
    const others = nodes.map((node) => node.name).filter((host) => host !== moved.name);
    const bridge = (on: boolean): Promise<void> => work.bridge(stack, others, moved.address, to, on);
    await phase(`redirecting ${moved.address} to ${to}`, () => bridge(true));
    await phase("joining", join);
    await move();
    await phase(`ending the redirection of ${moved.address}`, () => bridge(false));
  }

  /** Ends what an interrupted run has left. */
  async function endBridge(stack: LiveStack, snapshot: Snapshot): Promise<void> {
    const { nodes } = stack.desired;
    const target = chooseTarget(nodes, snapshot);
    if ("refused" in target || !target.moves) return;
    const to = nodes.find(({ name: host }) => host === target.name)?.address ?? "";
    const others = nodes.map((node) => node.name).filter((host) => host !== target.name);
    await phase(`ending the redirection of ${snapshot.address}`, () =>
      work.bridge(stack, others, snapshot.address, to, false),
    );
  }

  /** The restored swarm's nodes. An answer that is missing says nothing of them. */
  function members(stack: LiveStack): Promise<readonly SwarmMember[]> {
    return retry(() => work.nodes(stack), { limit: RETURN_LIMIT });
  }

  /** Hosts that are in a swarm, and not in the restored one, once those that belong to it have had the time to find it. */
  async function outsiders(stack: LiveStack, facts: AllFacts): Promise<string[]> {
    const inSwarm = stack.desired.nodes.flatMap(({ name: host }) => {
      const report = facts[host];
      return report?.reached === true && report.state !== "inactive" ? [{ host, id: report.nodeId }] : [];
    });
    const end = Date.now() + RETURN_LIMIT * 1000;
    for (;;) {
      const found = await members(stack);
      const out = inSwarm.flatMap(({ host, id }) => {
        // A Docker engine that answers late reports no id.
        const own = found.filter((node) => (id === "" ? node.name === host : node.id === id));
        // A manager with a vote never leaves without a demotion, whatever state it is in.
        return own.some(({ ready, address }) => ready || address !== "") ? [] : [{ host, listed: own.length > 0 }];
      });
      // A node that the swarm doesn't list is of another one, and doesn't come by itself.
      if (!out.some(({ listed }) => listed) || Date.now() >= end) return out.map(({ host }) => host);
      await sleep(1000);
    }
  }
}

/** @throws Error that names the phase */
async function phase(what: string, work: () => Promise<void>): Promise<void> {
  const failure = await attempt(work);
  if (failure !== undefined) throw new Error(`${what}: ${failure}`);
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

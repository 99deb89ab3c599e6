/** How a rebalance reads and moves the tasks of a stack's services. */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../components/message";
import type { DockerCall } from "../cluster/docker-api";
import { throughManager } from "../cluster/inspect";
import { forceUpdate, forgetScale, readRunning, readUpdate, scale } from "../cluster/placement/change";
import type { Placements, PlacementService } from "../cluster/placement/model";
import { readPlacements } from "../cluster/placement/read";
import type { LiveStack } from "../cluster/stack";

/** See the top of this file. Tests have one without a cluster. */
export interface Scheduler {
  /** @throws UserError when no manager answers */
  read(): Promise<Placements>;
  /**
   * Updates a service without changing it, so that the scheduler places all its tasks again, by the service's update settings,
   * and waits for the end of the update.
   *
   * @param limit seconds
   * @returns why it failed, with what was seen last
   */
  update(service: PlacementService, limit: number): Promise<string | undefined>;
  /**
   * Gives a service more replicas, which the scheduler places on the nodes with the fewest tasks of it. When they run, the swarm
   * takes as many away again, from the nodes with the most. When they don't run, it takes those away.
   * Source: swarmkit, manager/orchestrator/replicated/services.go.
   *
   * @param tasks how many more replicas in all
   * @param atOnce how many more at a time
   * @param limit seconds for each time
   * @returns why it failed, with what was seen last
   */
  surge(service: PlacementService, tasks: number, atOnce: number, limit: number): Promise<string | undefined>;
  /** Takes away the replicas that an interrupted surge has left. @returns why it failed */
  finish(service: PlacementService, limit: number): Promise<string | undefined>;
  /** Removes the label of an interrupted surge whose replicas are gone. */
  forget(service: PlacementService): Promise<void>;
}

/** Asks any manager. @throws Error when none answers */
type Ask = <T>(question: (call: DockerCall) => Promise<T>) => Promise<T>;

/** Milliseconds between two looks at a service. */
const PAUSE = 1000;

/** The scheduler of a stack that is up. */
export function liveScheduler(stack: LiveStack): Scheduler {
  return schedulerBy((question) => throughManager(stack, question));
}

/**
 * The scheduler that is asked so.
 *
 * @param pause milliseconds between two looks at a service @default 1000
 */
export function schedulerBy(ask: Ask, pause = PAUSE): Scheduler {
  /** Looks until there is an outcome. While the managers elect a leader none of them answers, and that ends by itself. */
  const until = async (
    limit: number,
    look: (call: DockerCall) => Promise<{ readonly seen: string; readonly outcome?: Outcome }>,
  ): Promise<Outcome> => {
    const end = Date.now() + limit * 1000;
    for (let seen = "nothing yet"; ;) {
      try {
        const found = await ask(look);
        seen = found.seen;
        if (found.outcome !== undefined) return found.outcome;
      } catch (error) {
        seen = messageOf(error);
      }
      if (Date.now() >= end) return { failure: `not done within ${String(limit)} s (last: ${seen})` };
      await sleep(pause);
    }
  };
  const runs = (id: string, tasks: number, limit: number): Promise<Outcome> =>
    until(limit, async (call) => {
      const { staying, leaving, error } = await readRunning(call, id);
      const why = error === "" ? "" : `; the last error of a task: ${error}`;
      const seen = `${String(staying)} of ${String(tasks)} tasks run, ${String(leaving)} more are to stop${why}`;
      return staying === tasks && leaving === 0 ? { seen, outcome: {} } : { seen };
    });
  const takeAway = async (
    { id, name }: PlacementService,
    usual: number,
    limit: number,
  ): Promise<string | undefined> => {
    await ask((call) => scale(call, id, usual, 0));
    // At once: a label that stays would undo a later `docker service scale`.
    await ask((call) => forgetScale(call, id));
    const { failure } = await runs(id, usual, limit);
    return failure === undefined ? undefined : `${name} has ${String(usual)} replicas again, but: ${failure}`;
  };

  return {
    read: () => ask(readPlacements),
    async update({ id, name, forced }, limit) {
      await ask((call) => forceUpdate(call, id, forced));
      const { failure } = await until(limit, async (call) => {
        const { state, message } = await readUpdate(call, id);
        const seen = state === "" ? "not begun" : `${state}: ${message}`;
        if (state === "completed") return { seen, outcome: {} };
        const ended = ENDED[state];
        return ended === undefined ? { seen } : { seen, outcome: { failure: `${ended} (${seen})` } };
      });
      return failure === undefined ? undefined : `The update of ${name}: ${failure}`;
    },
    async surge(service, tasks, atOnce, limit) {
      const { id, name, replicas = 0, update } = service;
      for (let left = tasks; left > 0; left -= atOnce) {
        const more = Math.min(atOnce, left);
        await ask((call) => scale(call, id, replicas, more));
        let { failure } = await runs(id, replicas + more, limit);
        if (failure === undefined) {
          await sleep(update.monitor * 1000);
          ({ failure } = await runs(id, replicas + more, 1));
        }
        const undone = await takeAway(service, replicas, limit);
        if (failure !== undefined) {
          const how = undone ?? "It has its former replicas again";
          return `${String(more)} more tasks of ${name} don't run: ${failure}. ${how}`;
        }
        if (undone !== undefined) return undone;
        if (left > atOnce) await sleep(update.delay * 1000);
      }
      return undefined;
    },
    finish: (service, limit) => takeAway(service, service.unfinished ?? service.replicas ?? 0, limit),
    forget: ({ id }) => ask((call) => forgetScale(call, id)),
  };
}

interface Outcome {
  /** @default it is done */
  readonly failure?: string;
}

/** States in which an update ends without its goal. */
const ENDED: Readonly<Record<string, string>> = {
  paused: "the swarm has paused it",
  rollback_paused: "it failed, and the swarm has paused its rollback",
  rollback_completed: "it failed, and the swarm has rolled it back",
};

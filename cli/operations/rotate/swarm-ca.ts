/**
 * Rotates the root CA of the swarm, which signs the nodes' certificates. The managers do it: each node gets a certificate of the
 * new root while both roots are trusted, and the old one is dropped when the last node has renewed. So it never ends while a
 * node can't renew, and it isn't begun then. A rotation that is under way is waited for, and no other one is begun.
 */
import { messageOf } from "../../../components/message";
import { readSwarm, rotateSwarmCa, type LiveSwarm, type SwarmNode } from "../../cluster/swarm";
import type { LiveStack } from "../../cluster/stack";
import { capital, commands, list } from "../../cluster/words";
import { counts, votes } from "../../cluster/quorum";
import type { Note } from "../../terminal/progress";
import type { Operation, Past, Plan, Step } from "../operation";
import {
  headOf,
  lookOnce,
  newProblems,
  waitUntilAsBefore,
  type Rotation,
  type RotationSeen,
  type RotationTools,
} from "./rotation";

/** Milliseconds between two looks at a rotation. */
const EVERY = 1000;

/** See {@link RotationSeen}. */
interface CaSeen extends RotationSeen {
  /** The root before. */
  readonly old: string;
  readonly swarm: LiveSwarm;
}

/** See the top of this file. */
export const swarmCa: Rotation = {
  summary: "the root CA of the swarm, which signs the nodes' certificates",
  use: (tools, _options, run) => run(rotation(tools)),
  after: () => "Every node has a certificate of the new root CA. The join tokens are new, too.",
};

function rotation(tools: RotationTools): Operation<CaSeen, Step> {
  const { cluster } = tools;
  return {
    ...headOf(tools, "rotation of the swarm's root CA"),
    async observe(moment) {
      if (moment.kind === "start") {
        const stack = await cluster.read();
        const evaluation = await lookOnce(tools, stack);
        const swarm = await tools.through(stack, readSwarm);
        return { stack, evaluation, before: evaluation.problems, swarm, old: swarm.root };
      }
      const { stack, before, swarm, old } = moment.before;
      if (moment.kind === "end") return { ...moment.before, evaluation: await waitUntilAsBefore(tools, stack, before) };
      const limit = moment.step.limit;
      const after = await tools.progress.step("Waiting until every node has renewed", "5 to 30 s", (note) =>
        untilRenewed(tools, stack, { swarm, old, limit }, note),
      );
      return { ...moment.before, swarm: after };
    },
    plan: (seen, past) => planCa(tools, seen, past),
    settled: ({ swarm, old, before, evaluation }) =>
      isRenewed(swarm, old) && newProblems(before, evaluation).length === 0,
    onFailure: "stop",
  };
}

/** Whether the rotation is done: another root, and every node has renewed. */
function isRenewed(swarm: LiveSwarm, old: string): boolean {
  return !swarm.rotating && swarm.root !== old && waitedFor(swarm).length === 0;
}

/** Nodes that haven't renewed, with their states where that is the reason. Pure. */
export function waitedFor({ nodes }: Pick<LiveSwarm, "nodes">): string[] {
  return nodes
    .filter(({ renewed }) => !renewed)
    .map(({ hostname, state }) => (state === "ready" ? hostname : `${hostname} (${capital(state)})`))
    .sort();
}

/** Looks until the rotation is done, or the time is up. @returns what was seen last */
async function untilRenewed(
  { through, pause, now }: RotationTools,
  stack: LiveStack,
  { swarm, old, limit }: { readonly swarm: LiveSwarm; readonly old: string; readonly limit: number },
  note: Note,
): Promise<LiveSwarm> {
  let last = swarm;
  // By the clock: without a leader each look takes up to 5 s for each manager.
  for (const end = now() + limit * 1000; ;) {
    try {
      last = await through(stack, readSwarm);
      if (isRenewed(last, old)) return last;
      note(`waiting for ${list(waitedFor(last))}`);
    } catch (error) {
      // While the managers elect a leader none answers.
      note(messageOf(error));
    }
    if (now() >= end) return last;
    await pause(EVERY);
  }
}

/** Seconds for all nodes to renew. The managers let 30 renew at a time (swarmkit, ca/reconciler.go). */
function limitFor(nodes: number): number {
  return 120 + 5 * nodes;
}

function planCa({ through }: RotationTools, seen: CaSeen, past: readonly Past<Step>[]): Plan<Step> {
  const { stack, swarm, old } = seen;
  const again = `npm run rotate -- ${stack.stack} swarm-ca`;
  const refuse = (refused: string): Plan<Step> => ({ steps: [], left: [], refused });
  if (isRenewed(swarm, old)) return { steps: [], left: [] };
  const failed = `The rotation of the swarm's root CA could not be started. Run it again: ${again}`;
  const common = { usually: "1 to 3 s", hosts: [], limit: limitFor(swarm.nodes.length), failed };
  const ran = past.length > 0;
  if (ran) {
    const reason = hindrance(swarm);
    return refuse(
      `Not all nodes have renewed after ${common.limit} s: ${list(waitedFor(swarm)) || "none is left, but the old root is still trusted"}. ` +
        `The rotation goes on in the swarm.${reason === undefined ? "" : ` ${reason}.`} Repair (${commands(stack.stack).repair}), then wait for it: ${again}`,
    );
  }
  const reason = hindrance(swarm);
  if (reason !== undefined && !swarm.rotating) {
    return refuse(`The swarm's root CA isn't rotated: ${reason}. First: ${commands(stack.stack).repair}`);
  }
  if (swarm.externalCa) {
    const { up } = commands(stack.stack);
    const back =
      stack.desired.settings?.externalCa === undefined
        ? "it was set by hand, so remove it by hand (`docker swarm ca --help`), then give the swarm the new root"
        : `remove swarm-ha:externalCa and run up (${up}), then set the new root, and run up again`;
    return refuse(
      "The swarm's external CA signs the nodes' certificates, and a swarm can't be moved from one external root to another. To exchange " +
        `the root: ${back}. See docs/operations/external-ca.md. Nothing was changed.`,
    );
  }
  if (swarm.rotating) {
    return {
      steps: [
        {
          ...common,
          key: "resume",
          title: "Continuing the rotation that is under way",
          run: () => Promise.resolve(undefined),
        },
      ],
      left: [],
    };
  }
  const begin: Step = {
    ...common,
    key: "rotate",
    title: "Rotating the swarm's root CA",
    run: () => through(stack, (call) => rotateSwarmCa(call, old)).then(() => undefined, messageOf),
  };
  return { steps: [begin], left: [] };
}

/** Why nodes can't renew. @returns undefined when all can */
function hindrance({ nodes }: Pick<LiveSwarm, "nodes">): string | undefined {
  const down = nodes.filter(({ state }) => state !== "ready");
  const cut = nodes.filter((node) => node.state === "ready" && votes(node) && !counts(node));
  const stateOf = ({ hostname, state }: SwarmNode): string => `${hostname} is ${capital(state)}`;
  const texts = [...down.map(stateOf), ...cut.map(({ hostname }) => `the manager ${hostname} is unreachable`)].sort();
  return texts.length === 0 ? undefined : list(texts);
}

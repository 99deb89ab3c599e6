/**
 * Recovery of a swarm whose managers have lost their majority: first all that loses nothing, as `repair` does it; then
 * a new cluster is formed from the most recent survivor; then `repair` goes on to the desired count, one manager at a time.
 * Which survivor: survivor.ts.
 */
import { commands, list } from "../cluster/words";
import { hasExpired } from "../cluster/host-facts";
import type { RaftPositions } from "../cluster/raft";
import { knownKeys } from "../cluster/unlock";
import { again } from "../terminal/arguments";
import type { RecoverableCluster } from "./cluster";
import type { Moment, Operation, Past, Plan, Step } from "./operation";
import { planOf, repair, type RepairSeen, type RepairTurn } from "./repair";
import { chooseSurvivor, positionsText, type Choice } from "./survivor";

/** Seconds for an election of the managers (measured: 15 to 21). It also writes to disk what they know to be committed. */
const ELECTION_LIMIT = 25;
/** Seconds for the workers to find their manager again. */
const RETURN_LIMIT = 90;

/** What a recovery observes. */
export interface RecoverSeen extends RepairSeen {
  /** The managers' Raft logs. @default the managers have a majority, or more may bring it back */
  readonly positions?: RaftPositions;
}

/** Forms a new cluster. */
interface ForceTurn extends Step {
  readonly forces: string;
}

/** A step of a recovery. */
export type RecoverTurn = RepairTurn | ForceTurn;

/** How to recover. */
interface RecoverOptions {
  /** The manager to form the swarm from. @default the most recent survivor */
  readonly from?: string;
  /** Whether it may have fewer changes than another survivor. */
  readonly older: boolean;
  /** The command's arguments as they were given, such as `--json`. */
  readonly given?: readonly string[];
}

/** The recovery of a stack. */
export function recover(cluster: RecoverableCluster, options: RecoverOptions): Operation<RecoverSeen, RecoverTurn> {
  const { given = [] } = options;
  const base = repair(cluster, given);
  let waited = false;

  /** Waits for an election, once, and reads the Raft logs where there is still no majority. */
  const withPositions = async (seen: RepairSeen, past: readonly Past<RepairTurn>[]): Promise<RecoverSeen> => {
    const { refused, steps } = planOf(seen, past);
    if (refused === undefined || steps.length > 0) return seen;
    const reached = Object.keys(seen.facts).filter((name) => seen.facts[name]?.reached === true);
    // One manager alone elects nobody, and is compared with nobody. One whose certificate has expired takes no part.
    if (!waited && reached.filter((name) => !hasExpired(seen.facts[name])).length > 1) {
      waited = true;
      const evaluation = await cluster.wait(
        "Waiting for an election of the managers",
        `up to ${ELECTION_LIMIT} s`,
        seen.stack,
        { limit: ELECTION_LIMIT, enough: ({ reachable, quorum }) => reachable && quorum.margin >= 0 },
      );
      // What the hosts report has changed, too.
      const after = { ...seen, ...(await cluster.ask(seen.stack)) };
      if (evaluation.reachable && evaluation.quorum.margin >= 0) return after;
      return withPositions(after, past);
    }
    return { ...seen, positions: await cluster.positions(seen.stack, reached) };
  };

  return {
    name: "recover",
    exclusive: true,
    stack: cluster.stack,
    title: `recovery of the stack ${cluster.stack}`,
    prepare: {
      async plan() {
        const first = (await cluster.isUnfinished())
          ? ["Continuing the first up, which didn't finish, past what fails."]
          : [];
        return [...((await base.prepare?.plan()) ?? []), ...first];
      },
      async run() {
        const failures = [...((await base.prepare?.run()) ?? [])];
        // Without a majority it has to fail; with the outputs that it leaves, the swarm can be observed.
        if (await cluster.isUnfinished()) failures.push(...[await cluster.goOn()].flatMap((failure) => failure ?? []));
        return failures;
      },
    },
    async observe(moment, past) {
      const repaired = past.filter(isRepair);
      return withPositions(await base.observe(forRepair(moment), repaired), repaired);
    },
    plan(seen, past): Plan<RecoverTurn> {
      const repaired = past.filter(isRepair);
      const plan = base.plan(seen, repaired);
      const { evaluation, stack } = seen;
      if (plan.refused === undefined) {
        if (past.length > 0 || evaluation.platformHealthy) return plan;
        return { steps: [], left: [], refused: majorityText(cluster.stack) };
      }
      if (plan.steps.length > 0)
        return {
          steps: plan.steps,
          left: [],
          later: "If that doesn't bring a majority back, a new cluster is formed.",
        };
      if (past.some((one) => !isRepair(one)))
        return {
          steps: [],
          left: [],
          refused:
            "The swarm still has no majority of its managers. Run this again: " +
            again(commands(cluster.stack).recover, given),
        };
      const choice = chooseSurvivor({
        stack: cluster.stack,
        nodes: stack.desired.nodes,
        facts: seen.facts,
        positions: seen.positions ?? {},
        older: options.older,
        hasKey: knownKeys(stack).length > 0,
        ...(seen.instances === undefined ? {} : { instances: seen.instances }),
        ...(seen.createsHosts === undefined ? {} : { createsHosts: seen.createsHosts }),
        ...(options.from === undefined ? {} : { from: options.from }),
      });
      if ("refused" in choice) return { steps: [], left: [], refused: choice.refused };
      return {
        steps: [forceTurn(cluster, seen, choice, options)],
        left: [],
        later:
          "Then the other managers join again or are replaced, one at a time: planned when the swarm has a leader.",
      };
    },
    settled: base.settled,
    onFailure: "go on",
  };
}

/** Whether a step is one of a repair. */
function isRepair(past: Past<RecoverTurn>): past is Past<RepairTurn> {
  return "action" in past.step;
}

/** The moment as a repair knows it: after a forced start it begins. */
function forRepair(moment: Moment<RecoverSeen, RecoverTurn>): Moment<RepairSeen, RepairTurn> {
  if (moment.kind !== "after") return moment;
  const { step } = moment;
  return "action" in step ? { ...moment, step } : { kind: "start" };
}

function forceTurn(
  cluster: RecoverableCluster,
  { stack, instances, createsHosts }: RecoverSeen,
  { manager, survivor, leaving, lost, survivors, apart }: Exclude<Choice, { refused: string }>,
  { given = [] }: RecoverOptions,
): ForceTurn {
  const [newest] = survivors;
  const position =
    survivor === undefined
      ? "its Raft log can't be read"
      : survivors.length === 1
        ? `${apart.length === 0 ? "the only survivor with data, " : ""}at Raft index ${survivor.commit}`
        : survivor === newest
          ? `the most recent survivor: ${positionsText(survivors)}`
          : `not the most recent survivor: ${positionsText(survivors)}`;
  const title = `Forming a new cluster from ${manager} (${position})`;
  const missing =
    survivor !== undefined && newest !== undefined && newest.commit > survivor.commit
      ? [`${newest.commit - survivor.commit} changes that ${newest.name} has`]
      : [];
  const what = list([
    ...(apart.length === 0 ? [] : [`all changes that only ${list(apart)} has, whose data can't be compared`]),
    ...missing,
    "changes that only lost managers have, such as those of the last seconds before the loss",
  ]);
  const others = [
    ...(leaving.length === 0 ? [] : [`${list(leaving)} will leave the old swarm and join again`]),
    ...(lost.length === 0
      ? []
      : [
          instances === undefined || createsHosts === false
            ? `${list(lost)} may be running now, unreachable from the bastion: power off each of them, for good`
            : `${list(lost)} must never come back with old data: make sure of that now`,
        ]),
  ];
  return {
    forces: manager,
    key: "force",
    title,
    usually: "10 to 40 s",
    hosts: [manager, ...leaving],
    limit: RETURN_LIMIT,
    loses: {
      what,
      question: `${title}: this loses ${what}${others.map((text) => `; ${text}`).join("")}`,
      declined:
        `No new cluster was formed: that loses ${what}. To accept it: ` +
        again(commands(cluster.stack).recover, given, "--yes"),
    },
    failed: `Forming a new cluster from ${manager}`,
    run: () => cluster.force({ manager, leaving }, stack),
  };
}

function majorityText(stack: string): string {
  const { repair } = commands(stack);
  return `The managers have their majority, so there is nothing to recover, and nothing was forced. For the rest: ${repair}`;
}

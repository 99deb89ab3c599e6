/** `npm start` recreates hosts and services that are gone, and leaves the rest to `repair`. */
import type { Evaluation } from "../cluster/evaluate";
import type { Cluster } from "./cluster";
import type { Operation } from "./operation";
import type { RepairStep } from "./plan-repair";
import { planOf, readKnown, turn, type RepairSeen, type RepairTurn } from "./repair";

/** Seconds for the cluster to become healthy after a step. */
const STEP_LIMIT = 60;

/** What was found before. */
export interface Missing {
  /** What was seen last. */
  readonly evaluation: Evaluation;
  /** Names of hosts that are gone with their data. */
  readonly gone: readonly string[];
}

/** The steps that a repair would take for hosts and services that are gone, and no others. */
export function makeMissing(cluster: Cluster, { evaluation, gone }: Missing): Operation<RepairSeen, RepairTurn> {
  return {
    name: "start",
    stack: cluster.stack,
    title: `start of the stack ${cluster.stack}`,
    async observe(moment) {
      if (moment.kind === "end") return moment.before;
      const known = { ...(await readKnown(cluster)), facts: {} };
      if (moment.kind === "start") return { ...known, evaluation };
      const limit = moment.failure === undefined ? moment.step.limit : 0;
      const title = "Waiting until the cluster is healthy";
      return { ...known, evaluation: await cluster.wait(title, `up to ${limit} s`, known.stack, { limit }) };
    },
    plan(seen, past) {
      const { steps } = planOf({ ...seen, evaluation: onlyOf(seen.evaluation, gone) }, past);
      const taken = steps.flatMap((step) => withoutLoss(step, gone) ?? []);
      return { steps: taken.map((step) => ({ ...turn(cluster, seen.stack, step), limit: STEP_LIMIT })), left: [] };
    },
    settled: (seen) => seen.evaluation.status.healthy,
    onFailure: "go on",
  };
}

/** The step, if it loses nothing: it replaces hosts whose data are gone already, or deploys services again. */
function withoutLoss(step: RepairStep, gone: readonly string[]): RepairStep | undefined {
  if (step.kind === "up") return step;
  if (step.kind !== "replace" || !step.names.every((name) => gone.includes(name))) return undefined;
  return { kind: "replace", names: step.names, why: step.why };
}

/** The evaluation of the hosts that are gone alone: a repair may put other hosts into the same step. */
function onlyOf(evaluation: Evaluation, gone: readonly string[]): Evaluation {
  return { ...evaluation, matches: evaluation.matches.filter(({ desired }) => gone.includes(desired.name)) };
}

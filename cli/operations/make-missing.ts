/** Making again what is missing and can be made without a loss: `npm start` does that, and leaves the rest to `repair`. */
import { isHost } from "../../plan/roles";
import type { Evaluation } from "../cluster/evaluate";
import { settle } from "../cluster/inspect";
import { perform } from "./perform";
import { planRepair, stepKey, type MachineState, type RepairStep } from "./plan-repair";
import { readStack } from "../cluster/stack";
import { list } from "../cluster/words";
import { createProgress } from "../terminal/progress";

/** Seconds for the cluster to become healthy after a step. */
const STEP_LIMIT = 60;

/** What is missing. */
export interface Missing {
  /** Machines that are gone with their data. */
  readonly gone: readonly string[];
  /** All machines that the platform has, asked anew. */
  readonly machines: () => Promise<readonly MachineState[]>;
}

/**
 * Makes machines and services again that are gone, by the steps that a repair would take, and no other ones.
 *
 * @returns what was seen last
 */
export async function makeMissing(
  name: string,
  evaluation: Evaluation,
  { gone, machines }: Missing,
): Promise<Evaluation> {
  const tried = new Set<string>();
  const progress = createProgress();
  for (let seen = evaluation; ;) {
    const stack = await readStack(name);
    const others = stack.machines.filter((machine) => !isHost(machine)).map((machine) => machine.name);
    const input = { desired: stack.desired, evaluation: onlyOf(seen, gone), machines: await machines(), others, tried };
    const step = planRepair(input).steps.find((one) => losesNothing(one, gone));
    if (step === undefined) return seen;
    tried.add(stepKey(step));
    const failure = await progress.step(`Making ${list(step.names)} again (${step.why})`, "10 to 60 s", () =>
      perform(step, stack, undefined),
    );
    if (failure !== undefined) progress.info(`That failed.\n${failure}`);
    const after = await readStack(name);
    seen = await progress.step("Waiting until the cluster is healthy", `up to ${STEP_LIMIT} s`, (note) =>
      settle(after, { limit: failure === undefined ? STEP_LIMIT : 0, note }),
    );
  }
}

/** A step that replaces a machine whose data are gone already, or does over what deployed a service. */
export function losesNothing(step: RepairStep, gone: readonly string[]): boolean {
  if (step.kind === "up") return true;
  return step.kind === "replace" && step.names.every((name) => gone.includes(name));
}

/** The evaluation without the hosts that are there: a repair may put these into one step with those that are gone. */
function onlyOf(evaluation: Evaluation, gone: readonly string[]): Evaluation {
  return { ...evaluation, matches: evaluation.matches.filter(({ desired }) => gone.includes(desired.name)) };
}

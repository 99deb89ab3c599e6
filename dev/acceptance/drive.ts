/** Drives a stack through its steps, and always to its end. */
import { messageOf } from "../../components/message";
import type { Command, Step } from "./steps";

/** How a step went. */
export interface Outcome {
  readonly title: string;
  /** Seconds. */
  readonly took: number;
  /** Why it failed. @default it didn't */
  readonly failure?: string;
}

/** What the drive does; tests have their own. */
export interface Hands {
  /** Runs one command. @returns its exit code @throws Error that says why it can't be run */
  readonly run: (command: Command, signal: AbortSignal) => Promise<number>;
  /** Changes the stack file. */
  readonly setWorkers: (extra: number) => void;
  /** Said at the beginning and the end of a step. */
  readonly say: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits between two tries, until the signal. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
}

/** A drive's limits, and its interruption. */
export interface DriveOptions {
  readonly steps: readonly Step[];
  /** Run whatever happens before, one after the other. */
  readonly end: readonly Step[];
  /** Minutes for all of `steps`. */
  readonly limit: number;
  /** Ends the step that is under way, and all that follow it but for the end. */
  readonly interrupted: AbortSignal;
}

/** Runs the steps up to the first failure, then the end. Never throws: what went wrong is in the outcomes. */
export async function drive({ steps, end, limit, interrupted }: DriveOptions, hands: Hands): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const until = hands.now() + limit * 60_000;
  for (const step of steps) {
    if (interrupted.aborted) break;
    const left = (until - hands.now()) / 60_000;
    if (left <= 0) {
      outcomes.push({ title: step.title, took: 0, failure: `the ${limit} min for all steps are over` });
      break;
    }
    const outcome = await runStep({ ...step, limit: Math.min(step.limit, left) }, hands, interrupted);
    outcomes.push(outcome);
    if (outcome.failure !== undefined) break;
  }
  if (interrupted.aborted) hands.say("Interrupted. The stack is destroyed now; this must not be interrupted again.");
  for (const step of end) outcomes.push(await runStep(step, hands));
  return outcomes;
}

async function runStep(step: Step, hands: Hands, interrupted?: AbortSignal): Promise<Outcome> {
  const begun = hands.now();
  hands.say(`${step.title} (at most ${Math.ceil(step.limit)} min)`);
  const late = AbortSignal.timeout(Math.max(0, step.limit * 60_000));
  const signal = interrupted === undefined ? late : AbortSignal.any([late, interrupted]);
  const failure = await tryStep(step, hands, signal).catch(messageOf);
  const why =
    failure === undefined
      ? undefined
      : interrupted?.aborted === true
        ? `interrupted (${failure})`
        : late.aborted
          ? `not done within ${Math.ceil(step.limit)} min (${failure})`
          : failure;
  const took = (hands.now() - begun) / 1000;
  hands.say(`${step.title}: ${why === undefined ? "done" : `FAILED, ${why}`} after ${Math.round(took)} s`);
  return { title: step.title, took, ...(why === undefined ? {} : { failure: why }) };
}

/** @returns why it failed */
async function tryStep(step: Step, hands: Hands, signal: AbortSignal): Promise<string | undefined> {
  if (step.extraWorkers !== undefined) hands.setWorkers(step.extraWorkers);
  for (const command of step.commands) {
    const failure = await tryCommand(command, hands, signal);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** Runs a command until it succeeds, where it is one that waits. @returns why it failed */
async function tryCommand(command: Command, hands: Hands, signal: AbortSignal): Promise<string | undefined> {
  let failure = `${nameOf(command)} didn't begin`;
  while (!signal.aborted) {
    const code = await hands.run(command, signal);
    if (code === 0) return undefined;
    failure = `${nameOf(command)} ended with exit code ${code}`;
    if (command.waits !== true) return failure;
    await hands.pause(signal);
  }
  return failure;
}

function nameOf({ tool, args }: Command): string {
  return [tool, ...args].join(" ");
}

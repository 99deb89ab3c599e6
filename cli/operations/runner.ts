/** Runs operations: holds the lock, plans again after each step, shows progress, and decides whether to go on. */
import { messageOf } from "../../components/message";
import { confirmed, hasTerminal } from "../terminal/confirm";
import { createProgress, type Progress } from "../terminal/progress";
import { exclusionOf, type Exclusion } from "./bastion-lock";
import { heldText, withOperationLock } from "./lock";
import type { Operation, Outcome, Past, Plan, Step } from "./operation";

/** How to run an operation. */
export interface RunnerOptions {
  /** Whether losses are accepted without a question. */
  readonly yes: boolean;
  /** Whether the plan is only made, and nothing is changed. */
  readonly dryRun: boolean;
  /** @default on stderr */
  readonly progress?: Progress;
  /** Asks a person. @default at the terminal; without one the answer is no */
  readonly confirm?: (question: string, yes: boolean) => Promise<boolean>;
  /** @default one operation per stack and workstation */
  readonly lock?: <T>(stack: string, work: () => Promise<T>) => Promise<T>;
  /** Why the lock isn't available. @default reads the lock's file without taking the lock */
  readonly held?: (stack: string) => string | undefined;
  /** What keeps other workstations away from an exclusive operation. @default the lock on the bastion */
  readonly exclusion?: (operation: { readonly stack: string; readonly name: string }) => Exclusion;
}

/**
 * Runs an operation until its goal is reached, or it can't go on.
 *
 * @throws UserError when another operation runs on the stack, and whatever a step or an observation throws
 */
export async function runOperation<O, S extends Step>(
  operation: Operation<O, S>,
  options: RunnerOptions,
): Promise<Outcome<O, S>> {
  const { progress = createProgress() } = options;
  const others = exclusionFor(operation, options, progress);
  if (options.dryRun) {
    return dryRun(operation, (options.held ?? heldText)(operation.stack) ?? (await others?.look()));
  }
  const lock = options.lock ?? withOperationLock;
  return lock(operation.stack, async () => {
    try {
      await others?.hold();
      return await run(operation, { ...options, progress }, others);
    } finally {
      others?.release();
    }
  });
}

function exclusionFor(
  { exclusive = false, stack, name }: Pick<Operation<never, never>, "exclusive" | "stack" | "name">,
  {
    exclusion = (of) =>
      exclusionOf(of.stack, of.name, (text) => {
        progress.info(text);
      }),
  }: RunnerOptions,
  progress: Progress,
): Exclusion | undefined {
  return exclusive ? exclusion({ stack, name }) : undefined;
}

async function dryRun<O, S extends Step>(operation: Operation<O, S>, held?: string): Promise<Outcome<O, S>> {
  const preparation = held === undefined ? ((await operation.prepare?.plan()) ?? []) : [];
  const nothing = { past: [], failures: [], preparation };
  // A plan would be outdated by what the other one changes.
  if (held !== undefined) return { ...nothing, settled: false, plan: { steps: [], left: [], refused: held } };
  if (preparation.length > 0) {
    const later = "The steps after that can only be planned then.";
    return { ...nothing, settled: false, plan: { steps: [], left: [], later } };
  }
  const observed = await operation.observe({ kind: "start" }, []);
  const plan = operation.plan(observed, []);
  const done = plan.steps.length === 0 && plan.refused === undefined;
  return { ...nothing, settled: done && operation.settled(observed), observed, plan };
}

async function run<O, S extends Step>(
  operation: Operation<O, S>,
  { yes, progress = createProgress(), confirm }: RunnerOptions,
  others: Exclusion | undefined,
): Promise<Outcome<O, S>> {
  const failures: string[] = [...((await operation.prepare?.run()) ?? [])];
  const past: Past<S>[] = [];
  const goesOn = operation.onFailure === "go on";
  /** Whether a person is asked. Nobody holds the lock during a question, which may wait for hours. */
  const asks = !yes && (confirm !== undefined || hasTerminal());
  /** The question that was answered by yes, until its step runs. */
  let accepted: string | undefined;
  /** Runs a step. @returns why it failed */
  const take = async (step: S): Promise<string | undefined> => {
    const failure = await progress.step(step.title, step.usually, () => step.run());
    past.push(failure === undefined ? { step, outcome: "done" } : { step, outcome: "failed", failure });
    return failure;
  };
  let undone = false;
  const undo = async (): Promise<void> => {
    const step = undone ? undefined : operation.cleanup?.(past);
    undone = true;
    if (step === undefined) return;
    try {
      await others?.hold();
    } catch (error) {
      failures.push(`${step.failed}\nIt was not tried: this run has no lock any more. ${messageOf(error)}`);
      return;
    }
    const failure = await take(step);
    if (failure !== undefined) failures.push(`${step.failed}\n${failure}`);
  };
  const end = async (observed: O, plan: Plan<S>, error?: string): Promise<Outcome<O, S>> => {
    const settled = error === undefined && plan.refused === undefined && operation.settled(observed);
    await undo();
    return { settled, observed, past, plan, preparation: [], failures, ...(error === undefined ? {} : { error }) };
  };

  try {
    let observed = await operation.observe({ kind: "start" }, past);
    for (;;) {
      const plan = operation.plan(observed, past);
      const step = nextStep(plan, past, goesOn);
      if (step === undefined) {
        const [repeated] = plan.steps;
        if (repeated !== undefined) return await end(observed, plan, neverSettles(operation, repeated));
        if (plan.refused !== undefined || plan.left.length > 0) return await end(observed, plan);
        observed = await operation.observe({ kind: "end", before: observed }, past);
        const after = operation.plan(observed, past);
        if (operation.settled(observed) || after.steps.length === 0) return await end(observed, after);
        continue;
      }
      const loss = plan.loses ?? step.loses;
      if (loss !== undefined && loss.question !== accepted) {
        if (asks) others?.release();
        accepted = (await (confirm ?? confirmed)(loss.question, yes)) ? loss.question : undefined;
        if (accepted === undefined) {
          past.push({ step, outcome: "declined" });
          if (!goesOn) return await end(observed, plan, loss.declined);
          failures.push(loss.declined);
        }
        if (asks && others !== undefined) {
          await others.hold();
          observed = await operation.observe({ kind: "start" }, past);
        }
        continue;
      }
      accepted = undefined;
      // The bastion may have come back, or been replaced, since the last step.
      await others?.hold();
      const failure = await take(step);
      if (failure !== undefined) {
        if (!goesOn) return await end(observed, plan, `${step.failed}\n${failure}`);
        failures.push(`${step.failed}: ${failure}`);
        progress.info(`That failed; continuing with the rest.\n${failure}`);
      }
      const seen = { kind: "after", step, before: observed } as const;
      observed = await operation.observe(failure === undefined ? seen : { ...seen, failure }, past);
    }
  } catch (error) {
    const told = failures.length;
    await undo();
    for (const failure of failures.slice(told)) progress.info(failure);
    throw error;
  }
}

/** The first step that hasn't run yet; where the order counts, only the very first one. */
function nextStep<S extends Step>({ steps }: Plan<S>, past: readonly Past<S>[], skips: boolean): S | undefined {
  const isNew = ({ key }: S): boolean => !past.some(({ step }) => step.key === key);
  return (skips ? steps : steps.slice(0, 1)).find(isNew);
}

function neverSettles({ title, stack }: Pick<Operation<never, never>, "title" | "stack">, step: Step): string {
  return (
    `The ${title} does not settle: this step has run, and is planned again: ${step.title}. ` +
    `Check what is wrong: npm run -s status -- ${stack}`
  );
}

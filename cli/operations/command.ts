/** Shared by the commands of operations: the run, the report for other programs, the plan of a dry run. */
import type { Progress } from "../terminal/progress";
import type { Operation, Outcome, Step } from "./operation";
import { planText, reportOf } from "./report";
import { runOperation } from "./runner";

/** The command's options. */
export interface CommandOptions {
  /** Whether losses are accepted without a question. */
  readonly yes: boolean;
  /** Whether the report goes to stdout, and all text for people to stderr. */
  readonly json: boolean;
  /** Whether the plan is only made, and nothing is changed. */
  readonly dryRun: boolean;
  readonly progress: Progress;
}

/**
 * Runs an operation, and prints its outcome.
 *
 * @param succeeded the text when the goal is reached, from what was observed last
 * @param failed the text when it isn't
 * @returns the command's exit code
 */
export async function runCommand<O, S extends Step>(
  operation: Operation<O, S>,
  { yes, json, dryRun, progress }: CommandOptions,
  succeeded: (seen: O, outcome: Outcome<O, S>) => string,
  failed: (outcome: Outcome<O, S>) => string,
): Promise<number> {
  const outcome = await runOperation(operation, { yes, dryRun, progress });
  if (json) process.stdout.write(`${JSON.stringify(reportOf(operation, outcome, dryRun), null, 2)}\n`);
  const people = json ? process.stderr : process.stdout;
  if (dryRun) {
    people.write(planText(operation, outcome));
    return 0;
  }
  if (outcome.settled && outcome.observed !== undefined) {
    people.write(succeeded(outcome.observed, outcome));
    return 0;
  }
  process.stderr.write(failed(outcome));
  return 1;
}

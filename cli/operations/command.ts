/** What the commands of operations have in common: the run, the report for other programs, the plan of a dry run. */
import type { Progress } from "../terminal/progress";
import type { Operation, Outcome, Step } from "./operation";
import { planText, reportOf } from "./report";
import { runOperation } from "./runner";

/** How a person has called the command. */
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
 * Runs an operation, and prints what came of it.
 *
 * @param succeeded what to tell people when the goal is reached, by what was seen last
 * @param failed what to tell people when it is not
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

/** The rebalance with which `up`, `npm start` and `repair` end where `swarm-ha:rebalance` says so. */
import { messageOf } from "../../components/message";
import { readStackConfig } from "../pulumi/config";
import { UserError } from "../terminal/errors";
import type { Progress } from "../terminal/progress";
import { warn } from "../terminal/warn";
import { exclusionOf } from "./bastion-lock";
import { liveCluster } from "./cluster";
import { heldText } from "./lock";
import type { Outcome } from "./operation";
import { balancedText, rebalance, unevenText, type RebalanceSeen, type RebalanceStep } from "./rebalance";
import { runOperation } from "./runner";
import { liveScheduler } from "./scheduler";

/** What it is made of. */
export interface RebalanceParts {
  /** Whether the stack's configuration asks for it. */
  readonly wanted: (stack: string) => boolean;
  /** Why no operation can run now: another one does. @returns undefined when one can */
  readonly held: (stack: string) => Promise<string | undefined>;
  readonly run: (stack: string, progress: Progress) => Promise<Outcome<RebalanceSeen, RebalanceStep>>;
  readonly warn: (text: string) => void;
}

const LIVE: RebalanceParts = {
  wanted: (stack) => readStackConfig(stack)?.rebalance === true,
  held: async (stack) => heldText(stack) ?? (await exclusionOf(stack, "rebalance", () => undefined).look()),
  run: (stack, progress) =>
    runOperation(rebalance(liveCluster(stack, progress), [], liveScheduler), { yes: false, dryRun: false, progress }),
  warn,
};

/**
 * Spreads the services' tasks again, if the stack's configuration asks for it. Data stays where it is. The run before it was good
 * and stays so: a rebalance that doesn't reach its goal, or can't begin, is a warning.
 *
 * @param stack a healthy stack
 * @param done what the run before it has reached: `The up is done.`
 * @param tell prints what it did, for people
 */
export async function rebalanceAfter(
  stack: string,
  done: string,
  progress: Progress,
  tell: (text: string) => void,
  parts: RebalanceParts = LIVE,
): Promise<void> {
  if (!parts.wanted(stack)) return;
  const later = `npm run rebalance -- ${stack}`;
  try {
    const held = await parts.held(stack);
    if (held !== undefined) {
      parts.warn(`${done} The rebalance was left out. ${held} The command for the rebalance alone: ${later}`);
      return;
    }
    const outcome = await parts.run(stack, progress);
    if (!outcome.settled) throw new UserError(unevenText(outcome));
    // Nothing to do is no news after an `up`.
    if (outcome.past.length > 0) tell(balancedText(outcome));
  } catch (error) {
    parts.warn(`${done} The rebalance is not: ${messageOf(error)}\nTo try it again: ${later}`);
  }
}

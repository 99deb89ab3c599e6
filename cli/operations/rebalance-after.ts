/** The rebalance with which `up`, `npm start` and `repair` end where `swarm-ha:rebalance` says so. */
import { readStackConfig } from "../pulumi/config";
import { UserError } from "../terminal/errors";
import type { Progress } from "../terminal/progress";
import { liveCluster } from "./cluster";
import { balancedText, rebalance, unevenText } from "./rebalance";
import { runOperation } from "./runner";
import { liveScheduler } from "./scheduler";

/**
 * Spreads the services' tasks again, if the stack's configuration asks for it. Data stays where it is.
 *
 * @param stack a healthy stack
 * @param tell prints what it did, for people
 * @throws UserError when services are still uneven
 */
export async function rebalanceAfter(stack: string, progress: Progress, tell: (text: string) => void): Promise<void> {
  if (readStackConfig(stack)?.rebalance !== true) return;
  const operation = rebalance(liveCluster(stack, progress), [], liveScheduler);
  const outcome = await runOperation(operation, { yes: false, dryRun: false, progress });
  if (!outcome.settled) throw new UserError(unevenText(outcome));
  // Nothing to do is no news after an `up`.
  if (outcome.past.length > 0) tell(balancedText(outcome));
}

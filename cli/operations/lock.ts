/** The lock of a stack's operations: two of them at once would each plan on what the other one changes. */
import { statePath } from "../paths";
import { UserError } from "../terminal/errors";
import { withLock } from "../workstation/lock.cjs";

/**
 * Does an operation on a stack while no other one of this workstation runs on it. A run that was killed holds nothing.
 *
 * @throws UserError at once when another one runs: what was asked for is to be decided again after it
 */
export function withOperationLock<T>(stack: string, work: () => Promise<T>): Promise<T> {
  return withLock(statePath("operations", `${stack}.lock`), work, (pid) => {
    throw new UserError(
      `Another operation runs on the stack ${stack}: process ${pid}. Wait for its end, or end it, then run this again.`,
    );
  });
}

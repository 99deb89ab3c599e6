/** The lock of a stack's operations: of two at once, each would plan on a state that the other one changes. */
import { statePath } from "../paths";
import { isHeld } from "../pulumi/locks";
import { UserError } from "../terminal/errors";
import { holderOf, withLock } from "../workstation/lock.cjs";

/**
 * Runs an operation on a stack while no other one of this workstation does. A killed run holds no lock.
 *
 * @throws UserError at once when another one runs: what the user asked for may have changed when that has ended
 */
export function withOperationLock<T>(stack: string, work: () => Promise<T>): Promise<T> {
  return withLock(lockFile(stack), work, (pid) => {
    throw new UserError(anotherRuns(stack, pid));
  });
}

/** Why no operation can run on a stack now; undefined when one can. Changes nothing. */
export function heldText(stack: string): string | undefined {
  const pid = holderOf(lockFile(stack));
  if (pid !== undefined) return anotherRuns(stack, pid);
  if (!isHeld(stack)) return undefined;
  return `A run of Pulumi changes the stack ${stack}. Wait for its end, or end it, then run this again.`;
}

function lockFile(stack: string): string {
  return statePath("operations", `${stack}.lock`);
}

function anotherRuns(stack: string, pid: number): string {
  return `Another operation runs on the stack ${stack}: process ${pid}. Wait for its end, or end it, then run this again.`;
}

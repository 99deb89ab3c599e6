/**
 * The bastion, before a run whose steps dial it. The command plugin waits without a limit for a host that takes its
 * connection and stays silent, such as one that is paused, and only a second Ctrl-C ends the run.
 */
import { connect } from "node:net";
import { UserError } from "../terminal/errors";
import { isUp } from "./arguments";

/** Seconds until the bastion must have shown an SSH banner. */
const LIMIT = 10;

/** Where the bastion's sshd is, as seen from here. */
export interface BastionAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Makes sure that the bastion of a stack isn't silent. One that refuses connections or can't be reached is no error
 * here: the steps' own dials have a limit, and the run may be the one that replaces it.
 *
 * @param address undefined while there is no bastion
 * @throws UserError that names the bastion's address and what helps
 */
export async function checkBastion(
  stack: string,
  args: readonly string[],
  address: () => Promise<BastionAddress | undefined>,
  limit = LIMIT,
): Promise<void> {
  // A run that names the bastion replaces it, as `npm run repair` does.
  if (!isUp(args) || args.some((argument) => argument.includes("bastion"))) return;
  const at = await address();
  if (at === undefined || !(await isSilent(at, limit))) return;
  throw new UserError(
    `Nothing was done: the bastion of the stack ${stack} takes connections at ${at.host}:${at.port}, but shows no SSH banner ` +
      `within ${limit} s. It may be paused or overloaded. Bring it back: npm run repair -- ${stack}`,
  );
}

/** Whether somebody takes a connection, and then neither says anything nor closes it. */
function isSilent({ host, port }: BastionAddress, limit: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let taken = false;
    const end = (silent: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(silent);
    };
    const timer = setTimeout(() => {
      end(taken);
    }, limit * 1000);
    socket.once("connect", () => (taken = true));
    for (const event of ["data", "error", "close"]) {
      socket.once(event, () => {
        end(false);
      });
    }
  });
}

import { spawnSync } from "node:child_process";
import { findProgram } from "../setup/command";
import { SetupError } from "../setup/errors";

/** Milliseconds for one question. */
const LIMIT = 120_000;

/** Whether there is an `aws` program to ask with. */
export function canAsk(): boolean {
  return findProgram("aws") !== undefined;
}

/**
 * Asks AWS with the `aws` program and its credentials. Only reads.
 *
 * @returns what it prints
 * @throws SetupError with what it says when it isn't there, or fails
 */
export function askAws(args: readonly string[]): string {
  if (!canAsk()) {
    throw new SetupError(
      "The program aws isn't there: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    );
  }
  const { status, stdout, stderr, error } = spawnSync("aws", args, {
    encoding: "utf8",
    timeout: LIMIT,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw new SetupError(`aws ${args.slice(0, 2).join(" ")}: ${error.message}`);
  if (status !== 0) throw new SetupError(`aws ${args.slice(0, 2).join(" ")} failed: ${stderr.trim()}`);
  return stdout;
}

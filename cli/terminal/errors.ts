import { refusedIn } from "../environment";
import { UserError } from "./user-error.cjs";

export { UserError };

/** What a command prints of an error: a user's error without its stack, any other one with it. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof UserError ? error.message : (error.stack ?? error.message);
}

/**
 * Lets a command run to its end when its output isn't read any more (`| head -3`): it has to finish what it changes.
 */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
    });
  }
}

/** Runs a command's main function: a {@link UserError} ends it with its message alone, any other error with its stack. */
export function runMain(main: () => Promise<number>): void {
  outliveReaders();
  const run = async (): Promise<number> => {
    const refused = refusedIn(process.env);
    if (refused.length > 0) throw new UserError(refused.join("\n"));
    return main();
  };
  run().then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      process.stderr.write(`error: ${errorText(error)}\n`);
      process.exitCode = 1;
    },
  );
}

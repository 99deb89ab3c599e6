import { refusedIn } from "../environment";
import { UserError } from "./user-error.cjs";

export { UserError };

/**
 * Lets a command go on to its end when nobody reads its output any more (`| head -3`): what it changes has to be finished,
 * and there is nothing wrong with it.
 */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
    });
  }
}

/** Runs a tool's main function: a {@link UserError} ends it with its message alone, any other error with its stack. */
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
      const text = error instanceof Error ? (error instanceof UserError ? error.message : error.stack) : String(error);
      process.stderr.write(`error: ${text ?? ""}\n`);
      process.exitCode = 1;
    },
  );
}

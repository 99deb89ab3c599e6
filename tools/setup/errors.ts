import { refusedIn } from "../environment";

/** An error that a person can act on: its message says what is wrong, what was seen, and the remedy; no stack is shown. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}

/** Runs a tool's main function: a {@link SetupError} ends it with its message alone, any other error with its stack. */
export function runMain(main: () => Promise<number>): void {
  const run = async (): Promise<number> => {
    const refused = refusedIn(process.env);
    if (refused.length > 0) throw new SetupError(refused.join("\n"));
    return main();
  };
  run().then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      const text = error instanceof Error ? (error instanceof SetupError ? error.message : error.stack) : String(error);
      process.stderr.write(`error: ${text ?? ""}\n`);
      process.exitCode = 1;
    },
  );
}

import { warn } from "../terminal/warn";

/** A check couldn't be made, or a part of it. Its message is the reason, after "not checked". It stops no run. */
export class NotChecked extends Error {
  /** @param warning the same for a run, which goes on: a sentence of its own */
  public constructor(
    reason: string,
    public readonly warning: string,
  ) {
    super(reason);
  }
}

/** Makes a check before a run; one that can't be made is a warning. @throws UserError of a check that fails */
export async function orWarned(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof NotChecked)) throw error;
    warn(error.warning);
  }
}

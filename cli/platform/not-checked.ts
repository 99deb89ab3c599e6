import { UserError } from "../terminal/errors";
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

/** A check that finds several things at once. Advice alone stops no run. */
export class Findings extends UserError {
  /** Each is a text with what was seen, where, and what to do. */
  public constructor(
    public readonly problems: readonly string[],
    public readonly advice: readonly string[],
  ) {
    super(`Nothing was done:${problems.map((text) => `\n  ${text}`).join("")}`);
  }
}

/** Makes a check before a run; one that can't be made is a warning. @throws UserError of a check that fails */
export async function orWarned(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (error instanceof Findings) {
      error.advice.forEach(warn);
      if (error.problems.length > 0) throw error;
    } else if (error instanceof NotChecked) warn(error.warning);
    else throw error;
  }
}

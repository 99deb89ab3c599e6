/** Pulling public images. */
import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import { followToEnd } from "./docker-client";
import type { Progress } from "../terminal/progress";

/** Time limits of a pull, in milliseconds. After them the image is made here. */
export interface PullLimits {
  /** Until the registry's first answer. */
  readonly first: number;
  /** Until the image is complete. */
  readonly whole: number;
}

const LIMITS: PullLimits = { first: 20_000, whole: 5 * 60_000 };

/**
 * Pulls an image; where that can't be done the reason is shown.
 *
 * @param name its reference
 * @param limits @default 20 s until the first answer, 5 minutes for all of it
 * @returns whether it is there now
 */
export async function pulled(docker: Docker, name: string, progress: Progress, limits = LIMITS): Promise<boolean> {
  const giveUp = new AbortController();
  const after = (milliseconds: number, what: string): NodeJS.Timeout =>
    setTimeout(() => {
      giveUp.abort(new Error(`${what} within ${milliseconds / 1000} s`));
    }, milliseconds);
  const timers = [after(limits.whole, "not complete"), after(limits.first, "no answer from the registry")];
  try {
    await progress.step(`Pulling ${name.replace(/@.*/, "")}`, "5 to 30 s", async (note) => {
      const answer = await docker.pull(name, { abortSignal: giveUp.signal });
      const stream = answer as NodeJS.ReadableStream & { destroy?(error: Error): void };
      giveUp.signal.addEventListener("abort", () => stream.destroy?.(giveUp.signal.reason as Error));
      await followToEnd(docker, stream, `Pulling ${name}`, (line) => {
        clearTimeout(timers[1]);
        note(line);
      });
    });
    return true;
  } catch (error) {
    const reason = giveUp.signal.aborted ? (giveUp.signal.reason as unknown) : error;
    progress.info(`It can't be pulled (${messageOf(reason)}): making it here instead.`);
    return false;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Pulling public images. */
import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import { followToEnd } from "./docker-client";
import type { Progress } from "../terminal/progress";

/** Milliseconds for a pull, after which the image is made here. */
const LIMIT = 60_000;

/**
 * Pulls an image; where that can't be done the reason is shown.
 *
 * @param name its reference
 * @returns whether it is there now
 */
export async function pulled(docker: Docker, name: string, progress: Progress): Promise<boolean> {
  const limit = AbortSignal.timeout(LIMIT);
  try {
    await progress.step(`Pulling ${name.replace(/@.*/, "")}`, "5 to 30 s", async (note) => {
      const answer = await docker.pull(name, { abortSignal: limit });
      const stream = answer as NodeJS.ReadableStream & { destroy?(error: Error): void };
      limit.addEventListener("abort", () => stream.destroy?.(new Error(`no end after ${LIMIT / 1000} s`)));
      await followToEnd(docker, stream, `Pulling ${name}`, note);
    });
    return true;
  } catch (error) {
    progress.info(`It can't be pulled (${messageOf(error)}): making it here instead.`);
    return false;
  }
}

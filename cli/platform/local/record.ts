import type Docker from "dockerode";
import { within } from "../../../components/limit";
import type { ContainerRecord } from "../types";

/** Seconds for the Docker engine's answers. */
const LIMIT = 8;

/**
 * State and log of an instance's container, whether or not it runs.
 *
 * @param lines most lines of the log
 * @returns undefined when there is none, or the Docker engine doesn't answer
 */
export async function containerRecord(
  docker: Docker,
  stack: string,
  instance: string,
  lines: number,
): Promise<ContainerRecord | undefined> {
  try {
    return await within(LIMIT, async ({ phase }) => {
      const container = docker.getContainer(`${stack}-${instance}`);
      phase("reading its state");
      const { State: state, RestartCount: restarts } = await container.inspect();
      phase("reading its log");
      const log = await container.logs({ stdout: true, stderr: true, timestamps: true, tail: lines, follow: false });
      const ended = state.Running ? "" : `, ended ${state.FinishedAt} with exit code ${String(state.ExitCode)}`;
      const killed = state.OOMKilled ? ", killed for lack of memory" : "";
      return {
        state:
          `${state.Status} since ${state.StartedAt}${ended}${killed}, restarted ${String(restarts)} times ${state.Error}`.trim(),
        log: textOf(log),
      };
    });
  } catch {
    return undefined;
  }
}

/** A log as text: without a terminal, the Docker engine sends frames of standard output and standard error. */
function textOf(log: Buffer): string {
  const texts: string[] = [];
  for (let at = 0; at + 8 <= log.length;) {
    const length = log.readUInt32BE(at + 4);
    texts.push(log.subarray(at + 8, at + 8 + length).toString());
    at += 8 + length;
  }
  return texts.join("");
}

import type Docker from "dockerode";
import { Readable } from "node:stream";
import { execIn } from "../../../components/platform/local/provider/exec";
import type { ScriptEnd } from "../../../components/ssh/client";

/**
 * Runs a shell command in a host's container.
 *
 * @param limit seconds
 * @returns undefined when the container doesn't run, or doesn't answer
 */
export async function runInContainer(
  docker: Docker,
  stack: string,
  host: string,
  { command, input }: { readonly command: string; readonly input: string },
  limit: number,
): Promise<ScriptEnd | undefined> {
  try {
    const container = docker.getContainer(`${stack}-${host}`);
    const ended = await execIn(container, ["bash", "-c", command], limit, Readable.from([Buffer.from(input)]));
    return { ...ended, code: ended.code ?? 1 };
  } catch {
    return undefined;
  }
}

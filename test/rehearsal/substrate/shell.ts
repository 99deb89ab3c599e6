import type Docker from "dockerode";
import { Readable } from "node:stream";
import { execIn } from "../../../components/platform/local/provider/exec";

/** Seconds that a command of the substrate in a container may take. Ten instances that install at once slow it down. */
const LIMIT = 120;

/**
 * Runs a command in a container.
 *
 * @param input what it reads. @default nothing
 * @returns what it printed
 * @throws Error with the container, the command, and what was printed
 */
export async function runIn(container: Docker.Container, command: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await execIn(container, command, LIMIT, Readable.from([input]));
  if (code === 0) return stdout;
  throw new Error(`\`${command.join(" ")}\` in ${container.id} ended with ${String(code)}: ${stderr} ${stdout}`);
}

/** Work that is done one after the other for each key. */
export class Queue {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Does the work when all that was given before it for this key has ended, well or not. */
  public async then<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.last.get(key) ?? Promise.resolve()).then(work, work);
    this.last.set(key, mine);
    return mine;
  }
}

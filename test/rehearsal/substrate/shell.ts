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
  await requireRunning(container);
  throw new Error(`\`${command.join(" ")}\` in ${container.id} ended with ${String(code)}: ${stderr} ${stdout}`);
}

/** @throws Error with a container's last output, if it has ended */
async function requireRunning(container: Docker.Container): Promise<void> {
  const { Name: name, State: state } = await container.inspect();
  if (state.Running) return;
  const output = (await container.logs({ stdout: true, stderr: true, tail: 10 })).toString();
  throw new Error(
    `The container ${name.slice(1)} has ended with exit code ${String(state.ExitCode)}. Its last output:\n${output}\n` +
      "With 255, systemd didn't start. Check whether fs.inotify.max_user_instances is reached: each host takes 4.",
  );
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

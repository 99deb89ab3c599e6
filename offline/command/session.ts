/** Running one command over an SSH connection. */
import { constants } from "node:os";
import type { Client, ClientChannel } from "ssh2";

/** What to run. */
export interface Job {
  readonly command: string;
  readonly stdin?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gets the output as it comes. */
  readonly onOutput: (stream: "stdout" | "stderr", data: Buffer) => void;
  /** Ends the waiting; the channel is closed then. */
  readonly signal: AbortSignal;
}

/** The host didn't open a channel on this connection; the command has not been started. */
export class ChannelRefused extends Error {}

/**
 * Runs a command to its end.
 *
 * @throws ChannelRefused when another connection might do.
 * @throws Error in the words of Go's SSH library, as upstream: `Process exited with status 1`.
 */
export async function run(client: Client, job: Job): Promise<void> {
  job.signal.throwIfAborted();
  // All listeners are there from the start: a quick command's exit comes in the same packet as the channel.
  const failure = await open(client, job.command, job.env, (channel) => follow(channel, job));
  if (failure !== undefined) throw failure;
}

/** Feeds a command and hears it out. Resolves when its channel is closed: with what went wrong, if anything did. */
function follow(channel: ClientChannel, job: Job): Promise<Error | undefined> {
  return new Promise((resolve) => {
    let ended: Error | undefined = new Error("wait: remote command exited without exit status or exit signal");
    const abort = (): void => {
      ended = new Error("cancelled while the remote command was running");
      channel.close();
    };
    job.signal.addEventListener("abort", abort);
    channel.on("data", (data: Buffer) => {
      job.onOutput("stdout", data);
    });
    channel.stderr.on("data", (data: Buffer) => {
      job.onOutput("stderr", data);
    });
    channel.on("exit", (code: number | null, signal?: string) => {
      if (code === 0) ended = undefined;
      else if (code === null) ended = new Error(`Process exited with ${signalled(signal ?? "")}`);
      else ended = new Error(`Process exited with status ${code}`);
    });
    channel.on("error", (error: Error) => {
      ended = error;
    });
    channel.stdin.on("error", () => undefined); // A command may end without reading all of it.
    channel.on("close", () => {
      job.signal.removeEventListener("abort", abort);
      resolve(ended);
    });
    channel.end(job.stdin ?? "");
  });
}

/** A process that a signal ended, in the words of Go's SSH library. */
function signalled(signal: string): string {
  const name = signal.replace(/^SIG/, "");
  const number = constants.signals[`SIG${name}` as NodeJS.Signals] as number | undefined;
  return number === undefined ? `signal ${name}` : `status ${128 + number} from signal ${name}`;
}

function open<T>(
  client: Client,
  command: string,
  env: Job["env"],
  use: (channel: ClientChannel) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => {
      reject(new Error("the connection was lost while the remote command was being started"));
    };
    client.once("close", gone);
    try {
      client.exec(command, { env }, (error, channel) => {
        client.off("close", gone);
        if (error === undefined) resolve(use(channel));
        else reject(/channel open failure/i.test(error.message) ? new ChannelRefused(error.message) : error);
      });
    } catch (error) {
      client.off("close", gone);
      reject(new ChannelRefused(error instanceof Error ? error.message : String(error)));
    }
  });
}

/** ssh2's inner parts that {@link refusedVariables} needs; the version is pinned and bundled. */
interface Internals {
  _protocol: { env(recipient: number, name: string, value: string, wantReply: boolean): void };
  _chanMgr: { _channels: Record<string, { outgoing?: { id: number }; _callbacks?: ((refused: unknown) => void)[] }> };
}

/**
 * Which environment variables sshd doesn't accept (its AcceptEnv).
 *
 * ssh2 sets variables without asking for an answer, so this asks, on a channel of its own that runs `true`: the real
 * command must not start without its environment.
 */
export async function refusedVariables(client: Client, env: Job["env"]): Promise<string[]> {
  const refused: string[] = [];
  const inner = client as unknown as Internals;
  const original = inner._protocol.env.bind(inner._protocol);
  inner._protocol.env = (recipient, name, value) => {
    const channels = Object.values(inner._chanMgr._channels);
    const channel = channels.find((candidate) => candidate.outgoing?.id === recipient);
    channel?._callbacks?.push((no) => {
      if (no !== false) refused.push(name);
    });
    original(recipient, name, value, channel?._callbacks !== undefined);
  };
  try {
    await open(client, "true", env, async (channel) => {
      channel.resume().stderr.resume();
      await new Promise((done) => channel.once("close", done));
    });
  } finally {
    Reflect.deleteProperty(inner._protocol, "env"); // What shows again is the class's own.
  }
  return refused;
}

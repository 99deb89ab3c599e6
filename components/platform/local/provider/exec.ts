import { PassThrough, type Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";

/** How a command in a container ended. */
export interface Ended {
  readonly code: number | null;
  /** What it printed, without blanks around it. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Standard input of a command. Docker's own streams can also be ended. */
type Input = NodeJS.ReadableStream & { destroy?(): void };

/**
 * Runs a command in a container, and returns its result, failed or not.
 *
 * @param limit Time limit in seconds.
 * @param input Its standard input. @default none
 * @throws Error when it takes too long, or the input fails.
 */
export async function execIn(
  container: Docker.Container,
  command: readonly string[],
  limit: number,
  input?: Input,
): Promise<Ended> {
  const stdin = input !== undefined;
  const exec = await container.exec({
    Cmd: [...command],
    AttachStdin: stdin,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin });
  const timer = setTimeout(() => {
    stream.destroy(new Error(`\`${command.join(" ")}\` didn't end within ${String(limit)} s`));
  }, limit * 1000);
  try {
    if (input !== undefined) feed(input, stream);
    const [stdout, stderr] = await outputsOf(container, stream);
    const { ExitCode } = await exec.inspect();
    return { code: ExitCode, stdout: stdout.trim(), stderr: stderr.trim() };
  } finally {
    clearTimeout(timer);
  }
}

/** A command that ends early doesn't read all its input. That write error is ignored: the exit code shows what failed. */
function feed(input: Input, stream: Duplex): void {
  input.on("error", (error: Error) => stream.destroy(error));
  stream.on("close", () => {
    input.destroy?.();
  });
  input.pipe(stream);
}

async function outputsOf(container: Docker.Container, stream: Duplex): Promise<[string, string]> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  (container.modem as { demuxStream(from: Duplex, out: PassThrough, err: PassThrough): void }).demuxStream(
    stream,
    stdout,
    stderr,
  );
  const ended = new Promise<void>((resolve, reject) => {
    stream.on("end", resolve).on("close", resolve);
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") resolve();
      else reject(error);
    });
  }).finally(() => {
    stdout.end();
    stderr.end();
  });
  const [, out, err] = await Promise.all([ended, text(stdout), text(stderr)]);
  return [out, err];
}

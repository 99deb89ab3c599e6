/** One run of a command on a host: connection, environment, output and errors. */
import type { Call } from "../lib/resource";
import type { Connection } from "./connection";
import { type Lease, Pool } from "./pool";
import { ChannelRefused, refusedVariables, run } from "./session";

/** A command, and all that it needs. */
export interface Execution {
  readonly connection: Connection;
  readonly command: string;
  readonly stdin?: string;
  /** Variables that sshd has to accept. */
  readonly environment: Readonly<Record<string, string>>;
  /** Output of the run before, set as variables where sshd accepts them; empty ones aren't set. */
  readonly previous: { readonly stdout: string; readonly stderr: string };
  /** What of the output is shown: `stdout`, `stderr`, `stdoutAndStderr` or `none`. */
  readonly logging: string;
}

/** What a command printed, each without its last newline. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

const pool = new Pool();

/** New connections that are tried when a host refuses channels (its MaxSessions), before that is an error. */
const MOST_CONNECTIONS = 10;

/**
 * Runs a command.
 *
 * @throws Error with the exit code, the command and what it printed, as upstream has it.
 */
export async function execute(call: Call, execution: Execution): Promise<Output> {
  for (let tries = 1; ; tries++) {
    const lease = await pool.lease(execution.connection, call);
    let reusable = true;
    try {
      return await executeOn(lease, call, execution);
    } catch (error) {
      if (!(error instanceof ChannelRefused)) throw error;
      reusable = false;
      if (tries >= MOST_CONNECTIONS) throw error;
    } finally {
      lease.release(reusable);
    }
  }
}

async function executeOn(lease: Lease, call: Call, execution: Execution): Promise<Output> {
  const { command, stdin } = execution;
  const env = await acceptedEnvironment(lease, call, execution);
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const all: Buffer[] = [];
  const log = new Lines(call, execution.logging);
  try {
    await run(lease.client, {
      command,
      ...(stdin === undefined ? {} : { stdin }),
      env,
      signal: call.signal,
      onOutput: (stream, data) => {
        output[stream].push(data);
        all.push(data);
        log.add(stream, data);
      },
    });
  } catch (error) {
    if (error instanceof ChannelRefused) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}: running ${JSON.stringify(command)}:\n${Buffer.concat(all).toString()}`, {
      cause: error,
    });
  } finally {
    log.end();
  }
  const text = (parts: Buffer[]): string => Buffer.concat(parts).toString().replace(/\n$/, "");
  return { stdout: text(output.stdout), stderr: text(output.stderr) };
}

async function acceptedEnvironment(lease: Lease, call: Call, execution: Execution): Promise<Record<string, string>> {
  const { stdout, stderr } = execution.previous;
  const optional = {
    ...(stdout === "" ? {} : { PULUMI_COMMAND_STDOUT: stdout }),
    ...(stderr === "" ? {} : { PULUMI_COMMAND_STDERR: stderr }),
  };
  const wanted: Record<string, string> = { ...execution.environment, ...optional };
  if (Object.keys(wanted).length === 0) return wanted;
  for (const name of await refusedVariables(lease.client, wanted)) {
    const required = Object.hasOwn(execution.environment, name);
    call.say(
      required ? "error" : "warning",
      `Unable to set '${name}'. This only works if your SSH server is configured to accept these variables via ` +
        "AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could prefix the " +
        "command itself with the variables in the form 'VAR=value command'",
    );
    if (required) throw new Error(`could not set environment variable "${name}": ssh: setenv failed`);
    Reflect.deleteProperty(wanted, name);
  }
  return wanted;
}

/** Shows output line by line while it comes. */
class Lines {
  private rest = "";

  public constructor(
    private readonly call: Call,
    private readonly logging: string,
  ) {}

  public add(stream: "stdout" | "stderr", data: Buffer): void {
    if (this.logging !== stream && this.logging !== "stdoutAndStderr") return;
    const lines = (this.rest + data.toString()).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.call.status(line.replace(/\r$/, ""));
  }

  public end(): void {
    if (this.rest !== "") this.call.status(this.rest);
  }
}

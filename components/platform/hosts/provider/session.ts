import { messageOf } from "../../../message";
import { BastionUnreachable, withHost } from "../../../ssh/host";
import { dataText, readScript, sent, type StepData } from "../../../ssh/script";
import type { HostInputs } from "../host-inputs";
import { slotOf } from "./slots";

/** Seconds for a log-in. */
const CONNECT_LIMIT = 60;

/** Parts of a host's inputs that reach it. */
export type Reachable = Pick<HostInputs, "name" | "address" | "login" | "bastion">;

/** A host couldn't be reached. */
export class Unreachable extends Error {
  /** @param atBastion whether it was the bastion that couldn't be reached, so that the host wasn't dialled */
  public constructor(
    message: string,
    public readonly atBastion: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Runs one of our scripts on the host.
 *
 * @param seconds Time limit.
 * @returns what it printed, parsed as JSON
 * @throws Error with the host's name if the script fails
 */
export type RunScript = <T>(script: string, data: StepData, seconds: number) => Promise<T>;

/** Shows a line to the person who runs Pulumi. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Logs in to a host, for the length of some work.
 *
 * @throws Unreachable when the log-in fails; else the work's own errors
 */
export async function onHost<T>(host: Reachable, work: (run: RunScript) => Promise<T>): Promise<T> {
  const { name, login, bastion } = host;
  const dialled = bastion ?? login;
  const release = await slotOf(`${dialled.address}:${String(dialled.port)}`);
  let connected = false as boolean;
  try {
    return await withHost({ bastion, host: login }, CONNECT_LIMIT, async (run) => {
      connected = true;
      // The limit is one of unfinished log-ins.
      release();
      return await work(async <R>(script: string, data: StepData, seconds: number): Promise<R> => {
        const { step, text } = readScript(script);
        const call = { command: sent({ step, text }), input: text + dataText(data) };
        const { code, stdout, stderr } = await run(call, seconds, progressOf(name)).catch((error: unknown) => {
          throw new Error(`${name} (${login.address}): ${messageOf(error)}. Run \`up\` again`, { cause: error });
        });
        if (code !== 0)
          throw new Error(`${name} (${login.address}): ${lastLines(stderr) || `${script} ended with ${String(code)}`}`);
        return JSON.parse(stdout || "{}") as R;
      });
    });
  } catch (error) {
    if (connected) throw error;
    throw new Unreachable(unreachableText(host, error), error instanceof BastionUnreachable, { cause: error });
  } finally {
    release();
  }
}

function unreachableText({ name, login }: Reachable, error: unknown): string {
  const { user, address, port } = login;
  if (error instanceof BastionUnreachable)
    return (
      `${name} (${address}) can't be reached, because ${messageOf(error)}. Check the bastion's sshd, and its login and host key in ` +
      "the configuration"
    );
  return (
    `${name} (${user}@${address}:${String(port)}) can't be reached: ${messageOf(error)}. Check its sshd, and its login and host key ` +
    "in the configuration"
  );
}

/** Shows whole lines, with the host's name ahead. */
function progressOf(name: string): (text: string) => void {
  let begun = "";
  return (text) => {
    const lines = (begun + text).split("\n");
    begun = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") tell(`${name}: ${line}`);
  };
}

/** The end of what a script printed: its error. */
function lastLines(text: string): string {
  return text.trim().split("\n").slice(-5).join("\n").slice(-1500);
}

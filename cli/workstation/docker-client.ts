/** The Docker engine's API for set-up: a client on a socket, and the answers of its long-running calls. */
import type Docker from "dockerode";
import { unlessGone } from "../../components/docker";
import { UserError } from "../terminal/errors";
import type { Note } from "../terminal/progress";

/** Is an image of that name there? */
export async function hasImage(docker: Docker, name: string): Promise<boolean> {
  return (await unlessGone(docker.getImage(name).inspect())) !== undefined;
}

/** One message of a pull, build or import, as far as set-up reads it. */
interface StreamMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
}

/** How many of a failed call's last lines its error shows. */
const SHOWN_LINES = 25;

/**
 * Reads a pull's, build's or import's answer to its end: it is done only then, and it may tell its failure there.
 *
 * @param what names the call in an error, e.g. "Building the host image"
 * @throws UserError with the last lines of the answer
 */
export function followToEnd(docker: Docker, answer: NodeJS.ReadableStream, what: string, note: Note): Promise<void> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const fail = (reason: string) => {
      reject(new UserError([`${what} failed: ${reason}`, ...lines.map((line) => `  ${line}`)].join("\n")));
    };
    docker.modem.followProgress(
      answer,
      (error, messages: readonly StreamMessage[] | null) => {
        const failure = error?.message ?? messages?.find((message) => message.error !== undefined)?.error;
        if (failure === undefined) resolve();
        else fail(failure);
      },
      (message: StreamMessage) => {
        for (const line of (message.stream ?? message.status ?? "").split("\n").filter((text) => text.trim() !== "")) {
          lines.push(line.trimEnd());
          if (lines.length > SHOWN_LINES) lines.shift();
          note(line);
        }
      },
    );
  });
}

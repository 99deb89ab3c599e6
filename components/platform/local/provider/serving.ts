import type { Duplex } from "node:stream";
import type Docker from "dockerode";

/** What each of a container's services prints when it serves. */
const SERVING: Readonly<Record<string, RegExp>> = {
  sshd: /Server listening on/,
  haproxy: /Loading success/,
};

/** Seconds until a container that was started has to serve. Many at once, on a small computer, take their time. */
const LIMIT = 120;

/** How much of a container's last words an error shows, in characters. */
const SHOWN = 500;

/**
 * Starts a container and waits until its services serve: steps that dial at once find somebody there.
 *
 * Its output is listened to, rather than its ports dialled: those can't be reached from here on every system, and
 * nothing has to be asked again and again.
 *
 * @param services Names of services. One that isn't known here is not waited for.
 * @throws Error with the container's last words, if it ends or takes too long.
 */
export async function startAndWait(
  container: Docker.Container,
  services: readonly string[],
  limit = LIMIT,
): Promise<void> {
  const output = await container.attach({ stream: true, stdout: true, stderr: true });
  try {
    const serving = waitFor(
      output,
      services.flatMap((service) => SERVING[service] ?? []),
      limit,
    );
    // Of two failures the first one is told; the other one must not end the process.
    serving.catch(() => undefined);
    await container.start();
    await serving;
  } finally {
    (output as unknown as Duplex).destroy();
  }
}

function waitFor(output: NodeJS.ReadableStream, signs: readonly RegExp[], limit: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (what: string): void => {
      clearTimeout(timer);
      // The engine frames each piece of output with eight bytes, which are no text.
      const words = said.replace(/[^\P{C}\n]/gu, "").trim();
      reject(new Error(`${what}; its last words: ${words === "" ? "(none)" : words.slice(-SHOWN)}`));
    };
    const timer = setTimeout(() => {
      fail(`it doesn't serve after ${String(limit)} s`);
    }, limit * 1000);
    const look = (): void => {
      if (!signs.every((sign) => sign.test(said))) return;
      clearTimeout(timer);
      resolve();
    };
    output.on("data", (piece: Buffer) => {
      said += piece.toString("utf8");
      look();
    });
    output.on("end", () => {
      fail("it ended at once");
    });
    output.on("error", (error: Error) => {
      fail(`its output can't be read: ${error.message}`);
    });
    look();
  });
}

import type { Duplex } from "node:stream";
import type Docker from "dockerode";

/** Output of each service once it accepts connections. */
const SERVING: Readonly<Record<string, RegExp>> = {
  sshd: /Server listening on/,
  haproxy: /Loading success/,
};

/** Seconds until the services of a started container must accept connections. Many at once are slow on a small computer. */
const LIMIT = 120;

/** Characters of a container's last output in an error. */
const SHOWN = 500;

/**
 * Starts a container and waits until its services accept connections, so that steps can connect at once.
 *
 * It reads the container's output instead of dialling ports, which aren't reachable from here on every system.
 * This also needs no polling.
 *
 * @param services Names of services. Unknown ones aren't waited for.
 * @throws Error with the container's last output, if it stops or takes too long.
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
    // The first of two failures is reported. The other one must not crash the process.
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
      // Docker puts eight bytes of framing before each piece of output.
      const words = said.replace(/[^\P{C}\n]/gu, "").trim();
      reject(new Error(`${what}; its last output: ${words === "" ? "(none)" : words.slice(-SHOWN)}`));
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
      fail("it stopped at once");
    });
    output.on("error", (error: Error) => {
      fail(`its output can't be read: ${error.message}`);
    });
    look();
  });
}

import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { unlessGone } from "../../../docker";
import { retry } from "../../../retry";
import { readScript } from "../../../ssh/script";

/** Time limit of a container's removal, in seconds. */
const REMOVAL_LIMIT = 60;

/** Time limit of a command in a container, in seconds: a load balancer waits for new members (scripts/reload-load-balancer.sh). */
const COMMAND_LIMIT = 330;

/** Reload command of each service. It checks the files first, because a service that refuses them stops. */
const RELOAD: Readonly<Record<string, () => string>> = {
  sshd: () => "/usr/sbin/sshd -t && sv hup /etc/service/sshd",
  haproxy: () => readScript("reload-load-balancer").text,
};

/**
 * Reloads a service's files. Open connections stay.
 *
 * @throws Error with what was printed, if the files are refused.
 */
export async function reload(container: Docker.Container, service: string): Promise<void> {
  const command = RELOAD[service];
  if (command === undefined) throw new Error(`the service '${service}' has no reload command`);
  const exec = await container.exec({ Cmd: ["bash", "-c", command()], AttachStdout: true, AttachStderr: true });
  const printed = await textOf(await exec.start({}), COMMAND_LIMIT);
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0) throw new Error(`${service} can't read its new files: ${printed}`);
}

/** Waits until a container that is being removed is gone. */
export async function gone(container: Docker.Container): Promise<void> {
  const there = new Error(`the container ${container.id} is still being removed after ${String(REMOVAL_LIMIT)} s`);
  const find = async (): Promise<void> => {
    if ((await unlessGone(container.inspect())) !== undefined) throw there;
  };
  await retry(find, { limit: REMOVAL_LIMIT, pause: 0.25, when: (error) => error === there });
}

async function textOf(stream: Duplex, limit: number): Promise<string> {
  const timer = setTimeout(() => {
    stream.destroy(new Error(`a command didn't end within ${String(limit)} s`));
  }, limit * 1000);
  try {
    let text = "";
    for await (const piece of stream) text += String(piece);
    // Without Docker's framing of each piece.
    return text.replace(/[^\P{C}\n]/gu, "").trim();
  } finally {
    clearTimeout(timer);
  }
}

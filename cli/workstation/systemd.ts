/** The workstation's systemd, and Debian's docker service in it. */
import { existsSync } from "node:fs";
import { messageOf } from "../../components/message";
import { UserError } from "../terminal/errors";
import type { Progress } from "../terminal/progress";
import { command } from "./command";
import { START_LIMIT } from "./dockerd";

/** Milliseconds that a question to systemd may take. */
const QUESTION_LIMIT = 30_000;

/** Is systemd PID 1? See sd_booted(3). */
export function runsSystemd(): boolean {
  return existsSync("/run/systemd/system");
}

/** Does systemd have a unit docker.service? A masked one counts. */
export async function hasDockerService(): Promise<boolean> {
  if (!runsSystemd()) return false;
  const shown = command("systemctl", ["cat", "docker.service"], { timeout: QUESTION_LIMIT });
  return shown.then(
    () => true,
    () => false,
  );
}

/**
 * Starts docker.service. Does nothing if it runs.
 *
 * @throws UserError with systemctl's error and the journal's last lines
 */
export async function startDockerService(progress: Progress): Promise<void> {
  try {
    await progress.step("Starting the Docker engine (systemctl start docker)", "2 to 10 s", () =>
      command("systemctl", ["start", "docker.service"], { timeout: START_LIMIT }),
    );
  } catch (error) {
    const last = ["--unit=docker.service", "--lines=15", "--no-pager", "--output=cat"];
    const journal = await command("journalctl", last, { timeout: QUESTION_LIMIT }).catch(messageOf);
    const lines = journal.trimEnd().split("\n");
    throw new UserError(
      [messageOf(error), "Last lines of journalctl -u docker:", ...lines.map((line) => `  ${line}`)].join("\n"),
    );
  }
}

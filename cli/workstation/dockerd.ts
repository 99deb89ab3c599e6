/**
 * A dockerd for workstations without systemd: a detached process with the standard data directory and socket. It keeps
 * running after the command that started it, is started again when it was killed, and is stopped only if it is provably
 * the process that was started.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { environmentFor } from "../environment";
import { statePath } from "../paths";
import { findProgram } from "./command";
import { askEngine, DEFAULT_SOCKET } from "./docker-socket";
import { UserError } from "../terminal/errors";
import { withLock } from "./lock.cjs";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.cjs";
import { createProgress, type Progress } from "../terminal/progress";

/** Where a dockerd listens, and where its log and record are. Everything has a default; tests move it. */
export interface DockerdPlace {
  /** @default /var/run/docker.sock */
  readonly socket?: string;
  /** The directory of its log and record. @default state/docker */
  readonly directory?: string;
  /** dockerd's arguments. @default none: its own defaults, and /etc/docker/daemon.json */
  readonly arguments?: readonly string[];
  /** The pid files of dockerd and its containerd. @default dockerd's own */
  readonly pidFiles?: { readonly dockerd: string; readonly containerd: string };
}

/** Milliseconds a Docker engine may take until it answers; one that has to restore many containers takes its time. */
export const START_LIMIT = 120_000;
/** Milliseconds it may take to stop: dockerd gives containers 15 s by default. */
const STOP_LIMIT = 60_000;
/** dockerd's default pid files, by program. */
const PID_FILES = {
  dockerd: "/var/run/docker.pid",
  containerd: "/var/run/docker/containerd/containerd.pid",
};

function layout(place: DockerdPlace) {
  const directory = place.directory ?? statePath("docker");
  return {
    directory,
    socket: place.socket ?? DEFAULT_SOCKET,
    arguments: place.arguments ?? [],
    pidFiles: place.pidFiles ?? PID_FILES,
    log: join(directory, "engine.log"),
    record: join(directory, "engine.json"),
    lock: join(directory, "engine.lock"),
  };
}

type Layout = ReturnType<typeof layout>;

/** The dockerd that was started there; undefined if none was, or the record is damaged. */
export function readRecord(place: DockerdPlace = {}): ProcessIdentity | undefined {
  try {
    const record = JSON.parse(readFileSync(layout(place).record, "utf8")) as Partial<ProcessIdentity>;
    const { pid, startTime, bootId } = record;
    return pid === undefined || startTime === undefined || bootId === undefined
      ? undefined
      : { pid, startTime, bootId };
  } catch {
    return undefined;
  }
}

/**
 * Makes sure that dockerd runs and answers. Starts it if it doesn't run.
 *
 * @throws UserError with the log's last lines if it doesn't come up
 */
export async function startDockerd(place: DockerdPlace = {}, progress: Progress = createProgress()): Promise<void> {
  const where = layout(place);
  mkdirSync(where.directory, { recursive: true, mode: 0o700 });
  await withLock(where.lock, async () => {
    const known = readRecord(place);
    if (known !== undefined && isAlive(known)) {
      await progress.step("Waiting for the Docker engine, which runs already", "a few seconds", () =>
        untilItAnswers(where, known),
      );
      return;
    }
    if (known !== undefined)
      progress.info(`The Docker engine that was started earlier (process ${known.pid}) is gone.`);
    await progress.step("Starting the Docker engine", "2 to 10 s", () => launch(where));
    progress.info("The Docker engine stays running when this command ends. To stop it: npm run engine:stop");
  });
}

async function launch(where: Layout): Promise<void> {
  const dockerd = findProgram("dockerd");
  if (dockerd === undefined) throw new UserError("dockerd is not installed: sudo apt-get install docker.io");
  for (const [program, file] of Object.entries(where.pidFiles)) removeStalePidFile(file, program);
  rmSync(where.record, { force: true });
  // The last one says why the Docker engine ended.
  if (existsSync(where.log)) renameSync(where.log, `${where.log}.old`);
  const log = openSync(where.log, "a", 0o600);
  // detached is setsid: neither a terminal's hang-up nor a signal to this process group reaches it.
  const child = spawn(dockerd, where.arguments, {
    cwd: "/",
    detached: true,
    env: engineEnvironment(),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (error) => {
      reject(new UserError(`${dockerd} could not be started: ${error.message}`));
    });
  });
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) {
    await Promise.race([failed, sleep(1000)]);
    throw new UserError(`The Docker engine ended at once. ${lastLog(where)}`);
  }
  child.unref();
  writeRecord(where, identity);
  await Promise.race([failed, untilItAnswers(where, identity)]);
}

/** The Docker engine's environment: a user's PATH may lack the system's directories. */
function engineEnvironment(): NodeJS.ProcessEnv {
  const env = environmentFor("dockerd");
  return { ...env, PATH: `${env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin` };
}

/**
 * Removes the pid file that a killed `program` has left. dockerd takes any process with that pid for itself or its
 * containerd: it refuses to start, kills that process, or waits in vain for it. A zombie counts for dockerd, too: where PID 1
 * reaps none, as in many containers, a killed containerd stays one.
 */
export function removeStalePidFile(file: string, program: string): void {
  try {
    const pid = Number(readFileSync(file, "utf8").trim());
    if (identify(pid) !== undefined && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === program) return;
  } catch {
    // No such process, or no such file.
  }
  rmSync(file, { force: true });
}

async function untilItAnswers(where: Layout, identity: ProcessIdentity): Promise<void> {
  const end = Date.now() + START_LIMIT;
  for (;;) {
    const answer = await askEngine(where.socket, 2000);
    if (answer.kind === "ok") return;
    if (!isAlive(identity)) throw new UserError(`The Docker engine did not start. ${lastLog(where)}`);
    if (Date.now() > end) {
      throw new UserError(
        `The Docker engine (process ${identity.pid}) does not answer on ${where.socket} after ${START_LIMIT / 1000} s ` +
          `(${answer.detail}). Stop it with \`npm run engine:stop\` and try again. ${lastLog(where)}`,
      );
    }
    await sleep(100);
  }
}

/** The last lines of the Docker engine's log, indented for an error message. */
function lastLog(where: Layout): string {
  try {
    const lines = readFileSync(where.log, "utf8").trimEnd().split("\n");
    return [`Last lines of its log (${where.log}):`, ...lines.slice(-15).map((line) => `  ${line}`)].join("\n");
  } catch {
    return `It wrote no log (${where.log}).`;
  }
}

/**
 * Stops the dockerd that was started there: that very process, or nothing.
 *
 * @returns what happened, as a sentence
 * @throws UserError if it is still there after a minute
 */
export async function stopDockerd(place: DockerdPlace = {}): Promise<string> {
  const where = layout(place);
  const none = "npm start has started no Docker engine here: nothing to stop. (Stop systemd's: systemctl stop docker.)";
  if (!existsSync(where.directory)) return none; // A lock would make it.
  return withLock(where.lock, async () => {
    // Read with the lock held: a command that is starting a Docker engine writes its record before it lets go.
    const known = readRecord(place);
    if (known === undefined) return none;
    const wasAlive = isAlive(known);
    if (wasAlive) await terminate(known, where);
    rmSync(where.record, { force: true });
    return wasAlive
      ? `The Docker engine (process ${known.pid}) has stopped. Its data stays; npm start starts it again.`
      : `The Docker engine (process ${known.pid}) was not running any more: nothing to stop.`;
  });
}

async function terminate(engine: ProcessIdentity, where: Layout): Promise<void> {
  process.kill(engine.pid, "SIGTERM");
  const end = Date.now() + STOP_LIMIT;
  while (isAlive(engine)) {
    if (Date.now() > end) {
      throw new UserError(
        `The Docker engine (process ${engine.pid}) has not stopped within ${STOP_LIMIT / 1000} s. ${lastLog(where)}`,
      );
    }
    await sleep(100);
  }
}

function writeRecord(where: Layout, record: ProcessIdentity): void {
  const temporary = `${where.record}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(temporary, where.record);
}

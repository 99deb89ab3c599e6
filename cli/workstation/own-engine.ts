/**
 * A Docker engine of our own, for machines that have none: dockerd in the background with its data in our state
 * directory. It outlives the run that started it, is started again when found dead, and is stopped only if it is
 * provably the process that we started.
 */
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { removeDeadNatRules } from "../../components/platform/local/provider/nat-rules";
import { environmentFor } from "../environment";
import { dockerDir } from "../paths";
import { findProgram } from "./command";
import { askEngine, DEFAULT_SOCKET } from "./docker-socket";
import { UserError } from "../terminal/errors";
import { withLock } from "./lock";
import { identify, isAlive, type ProcessIdentity } from "./process-identity";
import { createProgress, type Progress } from "../terminal/progress";

/** Where an engine of ours lives. Everything has a default; tests move it. */
export interface OwnEnginePlace {
  /** The socket it listens on. @default /var/run/docker.sock */
  readonly socket?: string;
  /** The directory of its data, log and record. @default state/docker */
  readonly directory?: string;
  /** More arguments for dockerd. @default none */
  readonly extraArgs?: readonly string[];
}

/** What is written down about an engine that was started. */
export interface EngineRecord extends ProcessIdentity {
  readonly socket: string;
}

/** Milliseconds an engine may take until it answers; one that has to restore many containers takes its time. */
const START_LIMIT = 120_000;
/** Milliseconds it may take to stop: dockerd gives containers 15 s by default. */
const STOP_LIMIT = 60_000;
/** A log longer than this (bytes) starts anew with the engine. */
const LOG_LIMIT = 20_000_000;

function layout(place: OwnEnginePlace) {
  const directory = place.directory ?? dockerDir();
  const id = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  return {
    directory,
    socket: place.socket ?? DEFAULT_SOCKET,
    extraArgs: place.extraArgs ?? [],
    data: join(directory, "data"),
    log: join(directory, "engine.log"),
    record: join(directory, "engine.json"),
    lock: join(directory, "engine.lock"),
    config: join(directory, "daemon.json"),
    // Sockets have at most 107 characters in their paths, and this must be gone after a reboot: not in the state.
    run: `/var/run/swarm-ha-engine-${id}`,
    // A containerd that the system has may serve two engines, if each keeps to a namespace of its own.
    namespace: `swarm-ha-${id}`,
  };
}

type Layout = ReturnType<typeof layout>;

/** What is recorded of the engine of that place; undefined if none was started, or the record is damaged. */
export function readEngineRecord(place: OwnEnginePlace = {}): EngineRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(layout(place).record, "utf8")) as Partial<EngineRecord>;
    const { pid, startTime, bootId, socket } = record;
    if (pid === undefined || startTime === undefined || bootId === undefined || socket === undefined) return undefined;
    return { pid, startTime, bootId, socket };
  } catch {
    return undefined;
  }
}

/** Is the engine of that place the one that this machine's stacks live on: was it ever started, or installed for it? */
export function hasOwnEngine(place: OwnEnginePlace = {}): boolean {
  return readEngineRecord(place) !== undefined || existsSync(layout(place).data);
}

/** Makes {@link hasOwnEngine} true before it is started for the first time. */
export function claimOwnEngine(place: OwnEnginePlace = {}): void {
  mkdirSync(layout(place).data, { recursive: true, mode: 0o700 });
}

/** The last lines of the engine's log, indented for an error message. */
function lastLog(where: Layout, from: number): string {
  try {
    const lines = readFileSync(where.log).subarray(from).toString("utf8").trimEnd().split("\n");
    return [`Its last words (${where.log}):`, ...lines.slice(-15).map((line) => `  ${line}`)].join("\n");
  } catch {
    return `It wrote no log (${where.log}).`;
  }
}

/**
 * Makes sure that our engine runs and answers: does nothing if it does, starts it (again) if it doesn't.
 *
 * @throws UserError with the log's last lines if it doesn't come up
 */
export async function startOwnEngine(place: OwnEnginePlace = {}, progress: Progress = createProgress()): Promise<void> {
  const where = layout(place);
  mkdirSync(where.directory, { recursive: true, mode: 0o700 });
  await withLock(where.lock, async () => {
    const known = readEngineRecord(place);
    if (known !== undefined && isAlive(known)) {
      await progress.step("Waiting for the Docker engine that runs already", "a few seconds", () =>
        untilItAnswers(where, known, 0),
      );
      return;
    }
    if (known !== undefined)
      progress.info(`The Docker engine that was started earlier (process ${known.pid}) is gone.`);
    const networks = await removeDeadNatRules();
    if (networks.length > 0)
      progress.info(`Removed the firewall's rules for networks of engines that were killed: ${networks.join(", ")}.`);
    await progress.step("Starting a Docker engine", "2 to 10 s", () => launch(where));
    progress.info(
      `The Docker engine stays running when this ends, with its data in ${where.directory}. To stop it: npm run engine:stop`,
    );
  });
}

async function launch(where: Layout): Promise<void> {
  const dockerd = findProgram("dockerd");
  if (dockerd === undefined) throw new UserError("dockerd is not on this machine: sudo apt-get install docker.io");
  clean(where);
  const from = sizeOf(where.log);
  const log = openSync(where.log, "a", 0o600);
  // detached is setsid: neither a terminal's hang-up nor a signal to this run's process group reaches it.
  const child = spawn(dockerd, dockerdArguments(where), {
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
    throw new UserError(`The Docker engine ended at once. ${lastLog(where, from)}`);
  }
  child.unref();
  writeRecord(where, { ...identity, socket: where.socket });
  await Promise.race([failed, untilItAnswers(where, identity, from)]);
}

function dockerdArguments(where: Layout): string[] {
  return [
    // A config file of our own: the system's may say things that contradict these options, which dockerd refuses.
    ...["--config-file", where.config, "--data-root", where.data, "--exec-root", where.run],
    ...["--pidfile", join(where.run, "docker.pid"), "--host", `unix://${where.socket}`],
    ...["--containerd-namespace", where.namespace, "--containerd-plugins-namespace", `${where.namespace}-plugins`],
    ...where.extraArgs,
  ];
}

/** The engine's environment: a user's PATH may lack the system's directories. */
function engineEnvironment(): NodeJS.ProcessEnv {
  const env = environmentFor("dockerd");
  return { ...env, PATH: `${env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin` };
}

/** Removes what a dead engine left and the next one would stumble over; called with the lock held, and it dead. */
function clean(where: Layout): void {
  mkdirSync(where.run, { recursive: true, mode: 0o711 });
  writeFileSync(where.config, "{}\n");
  // dockerd refuses to start if any process has the pid in its pid file, be it another program by now.
  rmSync(join(where.run, "docker.pid"), { force: true });
  rmSync(where.socket, { force: true });
  rmSync(where.record, { force: true });
  const containerdPid = join(where.run, "containerd", "containerd.pid");
  if (!isOurContainerd(where, containerdPid)) rmSync(containerdPid, { force: true });
  if (sizeOf(where.log) > LOG_LIMIT) renameSync(where.log, `${where.log}.old`);
}

/** Is the containerd that our engine started still there? Its command line names our run directory. */
function isOurContainerd(where: Layout, pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8").trim());
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return commandLine.includes("containerd") && commandLine.includes(where.run) ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function untilItAnswers(where: Layout, identity: ProcessIdentity, logFrom: number): Promise<void> {
  const end = Date.now() + START_LIMIT;
  for (;;) {
    const answer = await askEngine(where.socket, 2000);
    if (answer.kind === "ok") return;
    if (!isAlive(identity)) throw new UserError(`The Docker engine did not start. ${lastLog(where, logFrom)}`);
    if (Date.now() > end) {
      throw new UserError(
        `The Docker engine (process ${identity.pid}) does not answer on ${where.socket} after ${START_LIMIT / 1000} s ` +
          `(${answer.detail}). Stop it with \`npm run engine:stop\` and try again. ${lastLog(where, logFrom)}`,
      );
    }
    await sleep(100);
  }
}

/**
 * Stops the engine that we started: that very process, or nothing.
 *
 * @returns what happened, as a sentence
 * @throws UserError if it is still there after a minute
 */
export async function stopOwnEngine(place: OwnEnginePlace = {}): Promise<string> {
  const where = layout(place);
  const none = "No Docker engine was started from here: nothing to stop.";
  if (!existsSync(where.directory)) return none; // A lock would make it.
  return withLock(where.lock, async () => {
    // Read with the lock held: a run that is starting an engine writes its record before it lets go.
    const known = readEngineRecord(place);
    if (known === undefined) return none;
    const wasAlive = isAlive(known);
    if (wasAlive) await terminate(known, where);
    const containerd = isOurContainerd(where, join(where.run, "containerd", "containerd.pid"));
    if (containerd !== undefined) process.kill(containerd, "SIGTERM");
    rmSync(where.record, { force: true });
    removeRunDirectory(where);
    return wasAlive
      ? `The Docker engine (process ${known.pid}) has stopped. Its data stays in ${where.data}; npm start starts it again.`
      : `The Docker engine (process ${known.pid}) was not running any more: nothing to stop.`;
  });
}

function removeRunDirectory(where: Layout): void {
  try {
    rmSync(where.run, { recursive: true, force: true });
  } catch {
    // Something in it is still mounted: the next start, or the next boot, gets over it.
  }
}

async function terminate(engine: EngineRecord, where: Layout): Promise<void> {
  process.kill(engine.pid, "SIGTERM");
  const end = Date.now() + STOP_LIMIT;
  while (isAlive(engine)) {
    if (Date.now() > end) {
      throw new UserError(
        `The Docker engine (process ${engine.pid}) has not stopped within ${STOP_LIMIT / 1000} s. ${lastLog(where, 0)}`,
      );
    }
    await sleep(100);
  }
}

function writeRecord(where: Layout, record: EngineRecord): void {
  const temporary = `${where.record}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(temporary, where.record);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

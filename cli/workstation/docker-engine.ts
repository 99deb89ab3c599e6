/** Finding a Docker engine for the local stacks, or making one. */
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { aptInstall, canInstall } from "./apt";
import { command, findProgram } from "./command";
import { askEngine, DEFAULT_SOCKET, socketOf, type Answer } from "./docker-socket";
import { UserError } from "../terminal/errors";
import { claimOwnEngine, hasOwnEngine, readEngineRecord, startOwnEngine, type OwnEnginePlace } from "./own-engine";
import { createProgress, isInteractive, type Progress } from "../terminal/progress";

/** An engine that answers. */
export interface DockerEngine {
  /** Path of its socket. */
  readonly socket: string;
  /** The same as a value for DOCKER_HOST. */
  readonly dockerHost: string;
  /** The engine's version, e.g. `20.10.24`. */
  readonly version: string;
}

/** What a search for an engine depends on; everything has a default. */
export interface DockerEngineOptions {
  /** @default the variable DOCKER_HOST */
  readonly dockerHost?: string | undefined;
  /** @default /var/run/docker.sock */
  readonly defaultSocket?: string;
  /** Where an engine of our own would live. @default state/docker, on the default socket */
  readonly place?: OwnEnginePlace;
  /** May questions be asked? @default whether stdin and stderr are a terminal */
  readonly interactive?: boolean;
  readonly progress?: Progress;
}

const MANUAL =
  "Install Docker and start it (https://docs.docker.com/engine/install/), or set DOCKER_HOST to the socket of one that runs " +
  "(docker contexts, DOCKER_CONTEXT among them, aren't used for local stacks).";

/**
 * The engine that DOCKER_HOST or the default socket reaches; where there is none and this is root on Linux, an engine
 * of our own (docker.io is installed first, on Debian and Ubuntu, if it has to be).
 *
 * @throws UserError that says what is wrong with the engine, or what to install
 */
export async function ensureDockerEngine(options: DockerEngineOptions = {}): Promise<DockerEngine> {
  const dockerHost = "dockerHost" in options ? options.dockerHost : process.env["DOCKER_HOST"];
  const defaultSocket = options.defaultSocket ?? DEFAULT_SOCKET;
  const progress = options.progress ?? createProgress();
  const socket = dockerHost === undefined || dockerHost === "" ? defaultSocket : socketOf(dockerHost);
  const found = (version: string): DockerEngine => ({ socket, dockerHost: `unix://${socket}`, version });

  const place = { socket: defaultSocket, ...options.place };
  const first = await askEngine(socket);
  if (first.kind === "ok") return found(first.version);
  if (first.kind !== "absent") throw unusable(socket, first);
  if (socket !== defaultSocket && readEngineRecord(place)?.socket !== socket) {
    throw new UserError(
      `DOCKER_HOST is unix://${socket}, but no engine answers there (${first.detail}). ` +
        `Start that engine, or unset DOCKER_HOST to use ${defaultSocket}.`,
    );
  }
  await makeEngine({ place, progress, interactive: options.interactive ?? isInteractive() });
  const second = await askEngine(socket);
  if (second.kind === "ok") return found(second.version);
  throw unusable(socket, second);
}

function unusable(socket: string, answer: Exclude<Answer, { kind: "ok" }>): UserError {
  if (answer.kind === "denied") {
    return new UserError(
      `This user may not use the Docker engine's socket ${socket} (${answer.detail}). ` +
        "Join the group docker (sudo usermod -aG docker $USER, then log in again), or run as root.",
    );
  }
  return new UserError(
    `There is something on ${socket}, but not a working Docker engine: ${answer.detail}. Restart it.`,
  );
}

interface Making {
  readonly place: OwnEnginePlace;
  readonly progress: Progress;
  readonly interactive: boolean;
}

async function makeEngine({ place, progress, interactive }: Making): Promise<void> {
  const problem = "No Docker engine answers on this machine";
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    const hint =
      findProgram("apt-get") === undefined ? "" : " As root, this would install docker.io and start an engine itself.";
    throw new UserError(`${problem}, and this user can't start one. ${MANUAL}${hint}`);
  }
  const stopped = hasOwnEngine(place) ? undefined : await systemUnit();
  if (stopped !== undefined) throw stoppedEngine(stopped);
  if (findProgram("dockerd") === undefined) {
    if (!canInstall()) throw new UserError(`${problem}, and this isn't Debian or Ubuntu. ${MANUAL}`);
    if (interactive && !(await agreed(`${problem}. Install Debian's docker.io and start one?`))) {
      throw new UserError(`Then nothing was installed. ${MANUAL}`);
    }
    await installEngine(place, progress);
  }
  await startOwnEngine(place, progress);
}

/** The systemd unit of a Docker engine that this machine has, if it has one and systemd runs. */
async function systemUnit(): Promise<string | undefined> {
  if (!existsSync("/run/systemd/system") || findProgram("systemctl") === undefined) return undefined;
  const list = ["list-unit-files", "--no-legend", "--no-pager", "docker.service", "docker.socket"];
  // Later releases end with 1 if there is none.
  return engineUnit(await command("systemctl", list, { timeout: 30_000 }).catch(() => ""));
}

/**
 * The unit of a Docker engine in what `systemctl list-unit-files` prints: one that systemd starts rather than one that
 * somebody has to, and none that is masked, for that one can't be started.
 */
export function engineUnit(listed: string): string | undefined {
  const units = listed.split("\n").map((line) => line.trim().split(/\s+/));
  const usable = units.filter(([unit, state]) => /^docker\.(service|socket)$/.test(unit ?? "") && state !== "masked");
  return (usable.find(([, state]) => state?.startsWith("enabled")) ?? usable[0])?.[0];
}

/** Another engine in its place would take its socket, and hide its containers. */
function stoppedEngine(unit: string): UserError {
  return new UserError(
    `This machine has a Docker engine (${unit}), but it doesn't run. Start it: systemctl start docker. ` +
      "If it can't be started: journalctl -u docker says why.",
  );
}

async function agreed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(y(es)?)?$/i.test((await terminal.question(`${question} [Y/n] `)).trim());
  } finally {
    terminal.close();
  }
}

async function installEngine(place: OwnEnginePlace, progress: Progress): Promise<void> {
  // cgroups have to be mounted where no init system does it; the client is a package of its own in later releases.
  const mounted = existsSync("/sys/fs/cgroup/cgroup.controllers") || existsSync("/sys/fs/cgroup/devices");
  const optional = mounted ? ["docker-cli"] : ["docker-cli", "cgroupfs-mount"];
  await aptInstall({ packages: ["docker.io", "ca-certificates"], optional, usually: "30 to 90 s" }, progress);
  // From here on the units below are not those of an engine that somebody else uses.
  claimOwnEngine(place);
  if (!mounted && findProgram("cgroupfs-mount") !== undefined) {
    await command("cgroupfs-mount", [], { timeout: 30_000 });
  }
  if (existsSync("/run/systemd/system")) {
    // Else the next boot starts the package's engine on the same socket, with other data: the stacks would seem lost.
    await command("systemctl", ["disable", "--now", "docker.service", "docker.socket"], { timeout: 60_000 });
  }
}

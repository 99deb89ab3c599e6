/** Finding the Docker engine for local stacks, starting it, or installing one. */
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { aptInstall, canInstall } from "./apt";
import { command, findProgram } from "./command";
import { askEngine, DEFAULT_SOCKET, socketOf, type Answer } from "./docker-socket";
import { UserError } from "../terminal/errors";
import { startDockerd, type DockerdPlace } from "./dockerd";
import { hasDockerService, startDockerService } from "./systemd";
import { createProgress, isInteractive, type Progress } from "../terminal/progress";

/** A Docker engine that answers. */
export interface DockerEngine {
  /** Path of its socket. */
  readonly socket: string;
  /** The same as a value for DOCKER_HOST. */
  readonly dockerHost: string;
  /** The Docker engine's version, e.g. `20.10.24`. */
  readonly version: string;
}

/** What a search for a Docker engine depends on; everything has a default. */
export interface DockerEngineOptions {
  /** @default the variable DOCKER_HOST */
  readonly dockerHost?: string | undefined;
  /**
   * Where to start a dockerd if none answers. For tests.
   *
   * @default systemd's docker.service; without systemd, a dockerd on the default socket
   */
  readonly place?: DockerdPlace;
  /** May questions be asked? @default whether stdin and stderr are a terminal */
  readonly interactive?: boolean;
  readonly progress?: Progress;
}

const MANUAL =
  "Install Docker and start it (https://docs.docker.com/engine/install/), or set DOCKER_HOST to the socket of one that runs " +
  "(docker contexts, DOCKER_CONTEXT among them, aren't used for local stacks).";

/**
 * The Docker engine that DOCKER_HOST or the default socket reaches. Where none answers and this is root on Linux, it is
 * started; on Debian and Ubuntu, docker.io is installed first if necessary.
 *
 * @throws UserError that says what is wrong with the Docker engine, or what to install
 */
export async function ensureDockerEngine(options: DockerEngineOptions = {}): Promise<DockerEngine> {
  const dockerHost = "dockerHost" in options ? options.dockerHost : process.env["DOCKER_HOST"];
  const ownSocket = options.place?.socket ?? DEFAULT_SOCKET;
  const progress = options.progress ?? createProgress();
  const socket = dockerHost === undefined || dockerHost === "" ? ownSocket : socketOf(dockerHost);
  const found = (version: string): DockerEngine => ({ socket, dockerHost: `unix://${socket}`, version });

  const first = await askEngine(socket);
  if (first.kind === "ok") return found(first.version);
  if (first.kind !== "absent") throw unusable(socket, first);
  if (socket !== ownSocket) {
    throw new UserError(
      `DOCKER_HOST is unix://${socket}, but no Docker engine answers there (${first.detail}). ` +
        `Start that Docker engine, or unset DOCKER_HOST to use ${ownSocket}.`,
    );
  }
  await startEngine({ place: options.place, progress, interactive: options.interactive ?? isInteractive() });
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

interface Start {
  readonly place: DockerdPlace | undefined;
  readonly progress: Progress;
  readonly interactive: boolean;
}

async function startEngine({ place, progress, interactive }: Start): Promise<void> {
  const problem = "No Docker engine answers on this workstation";
  const installed = findProgram("dockerd") !== undefined;
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    if (installed) throw new UserError(`${problem}. Start it as root (with systemd: sudo systemctl start docker).`);
    const hint =
      findProgram("apt-get") === undefined ? "" : " As root, this command would install docker.io and start it.";
    throw new UserError(`${problem}. ${MANUAL}${hint}`);
  }
  if (!installed) {
    if (!canInstall()) throw new UserError(`${problem}, and this isn't Debian or Ubuntu. ${MANUAL}`);
    if (interactive && !(await agreed(`${problem}. Install Debian's docker.io and start it?`))) {
      throw new UserError(`Nothing was installed. ${MANUAL}`);
    }
    await installEngine(progress);
  }
  if (place === undefined && (await hasDockerService())) await startDockerService(progress);
  else await startDockerd(place, progress);
}

async function agreed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(y(es)?)?$/i.test((await terminal.question(`${question} [Y/n] `)).trim());
  } finally {
    terminal.close();
  }
}

async function installEngine(progress: Progress): Promise<void> {
  // cgroups have to be mounted where no init system does it; the client is a package of its own in later releases.
  const mounted = existsSync("/sys/fs/cgroup/cgroup.controllers") || existsSync("/sys/fs/cgroup/devices");
  const optional = mounted ? ["docker-cli"] : ["docker-cli", "cgroupfs-mount"];
  await aptInstall({ packages: ["docker.io", "ca-certificates"], optional, usually: "30 to 90 s" }, progress);
  if (!mounted && findProgram("cgroupfs-mount") !== undefined) {
    await command("cgroupfs-mount", [], { timeout: 30_000 });
  }
}

/** What this workstation has to have before a local stack is brought up. Nothing is started or installed. */
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import type Docker from "dockerode";
import { dockerOn, socketOf } from "../../../components/docker";
import { messageOf } from "../../../components/message";
import { refuseForeignNetworks } from "../../../components/platform/local/provider/foreign-networks";
import type { LocalStackConfig } from "../../../config/platforms/local";
import { overlaps, parseRange } from "../../../plan/ipv4";
import { LABELS } from "../../../plan/labels";
import { planHosts } from "../../../plan/placement";
import { needed } from "../../cluster/disks";
import { list } from "../../cluster/words";
import { readStackConfig } from "../../pulumi/config";
import { UserError } from "../../terminal/errors";
import { askEngine } from "../../workstation/docker-socket";
import type { PlannedRun, PreflightCheck } from "../types";
import { stackContainers } from "./objects";

/** KiB of memory for each container (docs/scale.md: 55 MB each with 100 hosts), and for this workstation itself. */
const MEMORY_EACH = 60 * 1024;
const MEMORY_REST = 512 * 1024;
/** The bastion and the load balancers. */
const OTHERS = 4;

/** See the top of this file. */
export function localChecks({ stack, file }: PlannedRun): PreflightCheck[] {
  const config = (): LocalStackConfig | undefined => {
    const found = readStackConfig(stack, file);
    return found?.platform === "local" ? found : undefined;
  };
  /** With the configuration and a Docker engine; the checks of these say what is wrong with them. @throws Error without */
  const withBoth = async (work: (engine: Docker, config: LocalStackConfig) => Promise<void>): Promise<void> => {
    const [socket, known] = [socketOf(process.env["DOCKER_HOST"]), config()];
    if (known === undefined) throw new Error("the configuration isn't valid");
    if ((await askEngine(socket)).kind !== "ok") throw new Error("the Docker engine doesn't answer");
    await work(dockerOn(socket), known);
  };
  return [
    { what: "the Docker engine of this workstation", check: checkEngine },
    { what: "free disk space", check: () => withBoth((engine) => checkDisk(engine)) },
    { what: "free memory", check: () => withBoth((engine, known) => checkMemory(engine, known)) },
    { what: "the ports of swarm-ha:local.ports", check: () => withBoth(checkPorts) },
    { what: "the address range swarm-ha:network.hosts", check: () => withBoth(checkRange) },
  ];
}

async function checkEngine(): Promise<void> {
  const socket = socketOf(process.env["DOCKER_HOST"]);
  const answer = await askEngine(socket);
  if (answer.kind === "ok") return;
  const remedy =
    answer.kind === "denied"
      ? "Join the group docker, or run as root"
      : "npm start starts or installs one as root on Debian and Ubuntu";
  throw new UserError(`No Docker engine answers on ${socket} (${answer.detail}). ${remedy}.`);
}

async function checkDisk(engine: Docker): Promise<void> {
  const { DockerRootDir: folder } = (await engine.info()) as { DockerRootDir: string };
  const found = await statfs(folder).catch((error: unknown) => {
    throw new Error(
      `the Docker engine's folder isn't on this computer, as with a virtual machine: ${messageOf(error)}`,
    );
  });
  const [size, free] = [found.blocks, found.bavail].map((blocks) => (blocks * found.bsize) / 1024) as [number, number];
  if (free >= needed(size)) return;
  const gib = (kib: number): string => `${(kib / 1024 / 1024).toFixed(1)} GiB`;
  throw new UserError(
    `The Docker engine's disk has ${gib(free)} free (${folder}), and ${gib(needed(size))} are needed: docker system df shows what uses it.`,
  );
}

async function checkMemory(engine: Docker, config: LocalStackConfig): Promise<void> {
  const running = (await stackContainers(engine, config.stack)).filter(({ state }) => state === "running").length;
  const wanted = planHosts(config).length + OTHERS;
  const free = available();
  if (free === undefined) throw new Error("this system has no /proc/meminfo");
  const text = memoryText(Math.max(0, wanted - running), free);
  if (text !== undefined) throw new UserError(text);
}

/** Why the memory isn't enough; undefined when it is. Pure. @param free KiB */
export function memoryText(containers: number, free: number): string | undefined {
  const need = containers === 0 ? 0 : containers * MEMORY_EACH + MEMORY_REST;
  if (free >= need) return undefined;
  const mib = (kib: number): string => `${String(Math.ceil(kib / 1024))} MiB`;
  return `${mib(free)} of memory are available, and ${String(containers)} more containers need about ${mib(need)}.`;
}

function available(): number | undefined {
  try {
    const [, kib] = /^MemAvailable:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
    return kib === undefined ? undefined : Number(kib);
  } catch {
    return undefined; // No /proc, e.g. macOS.
  }
}

async function checkPorts(engine: Docker, { stack, local: { ports } }: LocalStackConfig): Promise<void> {
  const containers = await engine.listContainers();
  const taken: string[] = [];
  for (const [key, port] of Object.entries(ports)) {
    const holder = containers.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port));
    if (holder?.Labels[LABELS.stack] === stack) continue;
    const reason =
      holder === undefined ? await refusal(port) : `the container ${holder.Names[0]?.slice(1) ?? holder.Id}`;
    if (reason !== undefined) taken.push(`${String(port)} (${key}: ${reason})`);
  }
  if (taken.length > 0) throw new UserError(portsText(taken));
}

/** What to do about ports that are taken. Pure. @param taken each port, with its key and who holds it */
export function portsText(taken: readonly string[]): string {
  const [ports, are, them] = taken.length === 1 ? ["port", "is", "it"] : ["ports", "are", "them"];
  return `The ${ports} ${list(taken)} ${are} taken: free ${them}, or choose others in swarm-ha:local.ports.`;
}

/** Why nothing can listen on a port of 127.0.0.1; undefined when something can. */
function refusal(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      resolve(messageOf(error));
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}

async function checkRange(engine: Docker, { stack, network }: LocalStackConfig): Promise<void> {
  const networks = await engine.listNetworks();
  const others = networks.filter(({ Name, Labels }) => Name !== stack && Labels?.[LABELS.stack] !== stack);
  const holders = overlapping(
    network.hosts,
    others.flatMap(({ Name, IPAM }) => (IPAM?.Config ?? []).map(({ Subnet }) => ({ name: Name, range: Subnet ?? "" }))),
  );
  if (holders.length > 0) {
    throw new UserError(
      `The range ${network.hosts} is taken by Docker's ${holders.length === 1 ? "network" : "networks"} ${list(holders)}: ` +
        "set swarm-ha:network.hosts to a free one.",
    );
  }
  await refuseForeignNetworks(engine, network.hosts).catch((error: unknown) => {
    throw new UserError(messageOf(error));
  });
}

/** Networks whose IPv4 range overlaps. Pure. */
export function overlapping(
  wanted: string,
  networks: readonly { readonly name: string; readonly range: string }[],
): string[] {
  const own = parseRange(wanted);
  return networks.flatMap(({ name, range }) =>
    /^[\d.]+\/\d+$/.test(range) && overlaps(own, parseRange(range)) ? [`${name} (${range})`] : [],
  );
}

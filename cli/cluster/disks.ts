/** How full the hosts' disks are, and when that is a problem. */
import { atATime } from "./at-a-time";
import { messageOf } from "../../components/message";
import type { Role } from "../../plan/roles";
import { SERVICES } from "../../plan/stack-names";
import { runOnHost } from "./host-shell";
import { findLogin } from "./logins";
import type { LiveDisk, Problem, UnreadDisks } from "./model";
import type { Tunnel } from "../../components/ssh/bastion";
import { size } from "./registry-storage";
import type { LiveStack } from "./stack";
import { list } from "./words";

/** Seconds for one host. */
const LIMIT = 8;
/** Hosts that are asked at a time: each log-in costs both sides about 20 ms of processor time. */
const AT_A_TIME = 10;

const MIB = 1024;
const GIB = 1024 * MIB;

/**
 * KiB that have to be free: a tenth, and of a large disk 20 GiB; 1 GiB in any case. A tenth is what Kubernetes takes a node's
 * disk for full at (kubernetes.io, "Node-pressure Eviction": nodefs.available<10%).
 */
export function needed(sizeKib: number): number {
  return Math.max(GIB, Math.min(sizeKib / 10, 20 * GIB));
}

/** KiB below which a disk counts as full. */
const FULL = 64 * MIB;
/** Percentage of a filesystem's inodes that has to be free. */
const FREE_FILES = 5;

/**
 * Prints a line for each filesystem that matters on a host: `docker` or `registry`, and `df`'s line in KiB and in inodes.
 * Docker's folder may span several.
 */
const COMMAND = `said() { [ ! -d "$2" ] || echo "$1" "$(df -Pk "$2" | tail -n 1)" "$(df -Pi "$2" | tail -n 1)"; }
for part in "" /swarm /tmp /overlay2 /containers /volumes; do said docker "/var/lib/docker$part"; done
id=$(timeout 4 docker ps -q --filter label=com.docker.swarm.service.name=${SERVICES.registry} | head -n 1)
[ -z "$id" ] || said registry "$(timeout 4 docker inspect -f '{{range .Mounts}}{{if eq .Destination "/var/lib/registry"}}{{.Source}}{{end}}{{end}}' "$id")"
true`;

/** Filesystems of one host, each once. @param text what the command has printed */
export function disksIn(host: string, text: string): LiveDisk[] {
  const found = new Map<string, LiveDisk>();
  for (const line of text.split("\n")) {
    const [what, , blocks, used, free, , mount, , files, , filesFree] = line.split(/\s+/);
    if ((what !== "docker" && what !== "registry") || mount === undefined) continue;
    const count = Number(files);
    found.set(`${what} ${mount}`, {
      host,
      what,
      mount,
      sizeKib: Number(blocks),
      // Without the blocks reserved for root, as df counts.
      usedKib: Number(used),
      freeKib: Number(free),
      ...(count > 0 ? { freeFiles: Math.floor((100 * Number(filesFree)) / count) } : {}),
    });
  }
  return [...found.values()];
}

/** Asks all hosts of a stack. Never throws: a host that can't be asked is in the result. */
export async function readDisks(
  stack: LiveStack,
  tunnel: Tunnel,
): Promise<{ readonly disks: LiveDisk[]; readonly unread: UnreadDisks[] }> {
  const { deployment } = stack;
  const { privateKey } = stack.outputs.access.bastion;
  const disks: LiveDisk[] = [];
  const unread: UnreadDisks[] = [];
  await atATime(Object.entries(stack.outputs.hosts), AT_A_TIME, async ([name, { address }]) => {
    const login = findLogin(name, { deployment, address, privateKey });
    if (login === undefined) return;
    try {
      const call = { command: COMMAND, input: "" };
      const { code, stdout, stderr } = await runOnHost(name, login, tunnel, call, LIMIT);
      if (code !== 0) throw new Error(`exit code ${String(code)}: ${stderr.trim().slice(-300)}`);
      disks.push(...disksIn(name, stdout));
    } catch (error) {
      unread.push({ host: name, reason: messageOf(error) });
    }
  });
  const byHost = (a: { host: string }, b: { host: string }): number =>
    a.host.localeCompare(b.host, "en", { numeric: true });
  return { disks: disks.sort(byHost), unread: unread.sort(byHost) };
}

/** What fails on a full disk, by the host's role. Measured: docs/runbooks/disks.md. */
const BREAKS: Readonly<Record<Role, string>> = {
  manager: "A manager that can't write stops. Once a majority has stopped, nothing in the swarm can be changed",
  registry: "New replicas of the registry can't start there",
  worker: "Tasks can't start there if their image isn't there yet",
};

/** Disks that are nearly full; hosts of one tier with the same figures share a line. Pure. */
export function diskProblems(
  stack: string,
  nodes: readonly { readonly name: string; readonly role: Role }[],
  disks: readonly LiveDisk[],
): Problem[] {
  const roles = new Map(nodes.map(({ name, role }) => [name, role]));
  const lines = new Map<string, { hosts: string[]; disk: LiveDisk; role: Role }>();
  for (const disk of disks.filter(isLow)) {
    const role = roles.get(disk.host);
    if (role === undefined) continue;
    const key = [disk.what, disk.what === "registry" ? "" : role, disk.mount, figures(disk)].join("|");
    const line = lines.get(key);
    if (line === undefined) lines.set(key, { hosts: [disk.host], disk, role });
    else line.hosts.push(disk.host);
  }
  return [...lines.values()].map(({ hosts, disk, role }) => ({
    kind: "disk",
    hosts,
    byHand: true,
    text:
      disk.what === "registry"
        ? `The registry's storage is ${figures(disk)}, seen on ${list(hosts)} (${disk.mount}). Pushes fail with 500 when it is ` +
          `full; pulls still work. Remove garbage and unfinished uploads: npm run registry:gc -- ${stack}. If that isn't enough, enlarge it`
        : `Docker's disk is ${figures(disk)} on ${list(hosts)} (${disk.mount}). ${BREAKS[role]}. How to free space: docs/runbooks/disks.md`,
  }));
}

function isLow({ usedKib, freeKib, freeFiles = 100 }: LiveDisk): boolean {
  return freeKib < needed(usedKib + freeKib) || freeFiles < FREE_FILES;
}

/** `full`, `93 % full (4.1 GiB free)`, `out of free inodes (2 % left)`. */
function figures({ usedKib, freeKib, freeFiles = 100 }: LiveDisk): string {
  const total = usedKib + freeKib;
  if (freeKib >= needed(total)) return `nearly out of inodes (${String(Math.floor(freeFiles))} % free)`;
  if (freeKib < FULL) return `full (${size(freeKib)} free)`;
  return `${String(Math.floor((100 * usedKib) / total))} % full (${size(freeKib)} free)`;
}

/** Hosts whose disks couldn't be read and that have no other problem. Pure. */
export function unreadDiskProblems(unread: readonly UnreadDisks[], troubled: ReadonlySet<string>): Problem[] {
  return unread
    .filter(({ host }) => !troubled.has(host))
    .map(({ host, reason }) => ({
      kind: "unread",
      hosts: [host],
      byHand: true,
      text: `The disk usage of ${host} can't be read through the bastion (${reason}). Check its sshd`,
    }));
}

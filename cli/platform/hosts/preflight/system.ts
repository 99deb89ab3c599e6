/** Whose host it is, and whether its system carries a node. Pure. */
import { needed } from "../../../cluster/disks";
import { list } from "../../../cluster/words";
import { advice, problem, type Finding, type Wanted } from "./finding";
import type { Asked } from "./look";
import type { HostReport } from "./report";

/** Systems that packages are installed on, by /etc/os-release. */
const SYSTEMS: Readonly<Record<string, readonly string[]>> = { debian: ["12", "13"], ubuntu: ["22.04", "24.04"] };
/** Without it, containers or overlay networks don't work at all. */
const KERNEL = ["overlay", "vxlan"];
/** What the Docker engine limits containers with. */
const CONTROLLERS = ["cpu", "memory", "pids"];
/** KiB of memory that a node needs: a manager's Raft log and the engine use 0.3 GiB with 100 nodes (docs/scale.md). */
const MEMORY = 900 * 1024;

/** A host of another stack, or under another name. */
export function ownerProblems(
  { name, login }: Asked,
  { marker, hostName, machineId }: HostReport,
  { stack }: Wanted,
): Finding[] {
  const found: Finding[] = [];
  if (marker != null && marker.stack !== stack) {
    found.push(
      problem(
        [name],
        `${name} (${login.address}) belongs to the stack ${marker.stack}, as its ${marker.name} (/etc/swarm-ha/host). A host is never in two ` +
          `stacks. Take it out of the inventory, or destroy that stack: npm run destroy -- ${marker.stack}`,
      ),
    );
  } else if (marker != null && marker.name !== name) {
    found.push(
      problem(
        [name],
        `The host at ${login.address} is ${marker.name} of this stack already (/etc/swarm-ha/host), and the inventory names it ${name}. ` +
          `Correct the address or the name in the stack file`,
      ),
    );
  }
  // The dedicated bastion has no name in the inventory.
  if (name !== "bastion" && hostName !== name) {
    found.push(
      problem(
        [name],
        `The host at ${login.address} calls itself ${hostName}, and the inventory names it ${name}. Nodes have their hosts' names: ` +
          `write name: ${hostName}, or rename the host: hostnamectl set-hostname ${name}`,
      ),
    );
  }
  if (machineId === "") {
    found.push(
      problem([name], `${name} has no machine id (/etc/machine-id is empty). Create one: systemd-machine-id-setup`),
    );
  }
  return found;
}

/** Its distribution, and systemd. */
export function systemProblems(
  name: string,
  { os, systemd, engine }: HostReport,
  { engine: { source } }: Wanted,
): Finding[] {
  const found: Finding[] = [];
  if (!systemd)
    found.push(
      problem(
        [name],
        `${name} doesn't run systemd, which starts and watches the Docker engine. It needs a system with systemd`,
      ),
    );
  const isKnown = SYSTEMS[os.id]?.includes(os.version) === true;
  if (isKnown) return found;
  const known = "Debian 12 and 13, Ubuntu 22.04 and 24.04";
  if (source !== "installed") {
    const installed = engine == null ? "Install a Docker engine yourself, and write" : "It has a Docker engine: write";
    found.push(
      problem(
        [name],
        `${name} runs ${os.name}; packages are installed on ${known}. ${installed} engine: { source: installed }`,
      ),
    );
  } else found.push(advice([name], `${name} runs ${os.name}, which isn't tested (${known} are)`));
  return found;
}

/** Kernel, cgroups, clock, disk and memory of a node. */
export function nodeProblems({ name }: Asked, report: HostReport): Finding[] {
  const { modules, cgroups, timeSync, disk, memory } = report;
  const found: Finding[] = [];
  const missing = KERNEL.filter((module) => modules[module] === false);
  if (missing.length > 0) {
    found.push(
      problem(
        [name],
        `The kernel of ${name} has no ${list(missing)}, which containers and overlay networks need. Install the distribution's full kernel`,
      ),
    );
  }
  if (modules["ip_vs"] === false) {
    found.push(
      advice(
        [name],
        `The kernel of ${name} has no ip_vs: virtual IPs of services and the routing mesh don't work there. Use endpoint-mode dnsrr and ` +
          "host-mode ports, or install the distribution's full kernel",
      ),
    );
  }
  const lacking = cgroups.length === 0 ? [] : CONTROLLERS.filter((controller) => !cgroups.includes(controller));
  if (cgroups.length === 0)
    found.push(problem([name], `${name} has no cgroups, so no container starts. Mount them, as systemd does`));
  if (lacking.length > 0) {
    found.push(
      advice(
        [name],
        `The cgroups of ${name} have no ${list(lacking)}: such limits of services are not kept. See the kernel's command line`,
      ),
    );
  }
  if (timeSync === false) {
    found.push(
      advice(
        [name],
        `The clock of ${name} isn't synchronized. Certificates fail once it is minutes off: timedatectl set-ntp true, or install chrony`,
      ),
    );
  }
  if (disk != null && disk.freeKib < needed(disk.sizeKib)) {
    found.push(
      problem(
        [name],
        `${name} has ${gib(disk.freeKib)} free for the Docker engine (${disk.path}), and ${gib(needed(disk.sizeKib))} are needed. Free space there, or enlarge it`,
      ),
    );
  }
  if (memory != null && memory.totalKib < MEMORY) {
    found.push(advice([name], `${name} has ${gib(memory.totalKib)} of memory; a node should have 1 GiB at least`));
  }
  return found;
}

function gib(kib: number): string {
  return `${(kib / 1024 / 1024).toFixed(1)} GiB`;
}

/** Whether the registry's shared folder is mounted: without it, each replica would have content of its own. */
export function mountProblems(name: string, { mounted }: HostReport, { mount }: Wanted): Finding[] {
  if (mounted !== false || mount === undefined) return [];
  return [
    problem(
      [name],
      `Nothing is mounted at ${mount} of ${name}, and the registry hosts have to share that folder (swarm-ha:hosts.registryStorage.path). ` +
        "Mount it there, also after a reboot (/etc/fstab). The path must be the mount point itself",
    ),
  ];
}

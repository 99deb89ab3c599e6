/** What is wrong with hosts before anything is touched: all problems at once. Pure. */
import type { LoadBalancerName } from "../../../../plan/roles";
import { needed } from "../../../cluster/disks";
import { list } from "../../../cluster/words";
import { hostFindings } from "../../../diagnose/findings";
import type { HostLook } from "../../../diagnose/host-report";
import type { Answer, Asked, Failure, Told } from "./look";
import { neededPorts } from "./ports";
import type { HostReport } from "./report";

/** Something to know about hosts. */
export interface Finding {
  readonly hosts: readonly string[];
  /** `problem`: the `up` would fail, or harm something. `advice`: something that not everybody needs. */
  readonly level: "problem" | "advice";
  /** What was seen, where, and what to do. */
  readonly text: string;
}

/** What the configuration says, as far as hosts are held against it. */
export interface Wanted {
  readonly stack: string;
  readonly engine: { readonly source: "docker" | "debian" | "installed"; readonly version?: string | undefined };
  readonly adopt: boolean;
  /** Tiers by name of the host that forwards their traffic. */
  readonly tiers: Readonly<Record<string, readonly LoadBalancerName[]>>;
  /** Names of all hosts of the inventory. */
  readonly nodes: readonly string[];
}

/** Systems that packages are installed on, by /etc/os-release. */
const SYSTEMS: Readonly<Record<string, readonly string[]>> = { debian: ["12", "13"], ubuntu: ["22.04", "24.04"] };
/** Without it, containers or overlay networks don't work at all. */
const KERNEL = ["overlay", "vxlan"];
/** What the Docker engine limits containers with. */
const CONTROLLERS = ["cpu", "memory", "pids"];
/** Oldest Docker engine that is taken as it is installed. */
const OLDEST = "20.10.24";
/** KiB of memory that a node needs: a manager's Raft log and the engine use 0.3 GiB with 100 nodes (docs/scale.md). */
const MEMORY = 900 * 1024;

/** See the top of this file. Hosts in the order of the answers; what is wrong between hosts comes last. */
export function evaluate(answers: readonly Answer[], wanted: Wanted): readonly Finding[] {
  const told = answers.flatMap((one) => ("told" in one ? [one] : []));
  const failed = answers.flatMap((one) => ("failed" in one ? [one] : []));
  const way = failed.filter((one) => one.failed.kind === "way").map(({ host }) => host.name);
  return [
    ...failed
      .filter((one) => one.failed.kind !== "way")
      .map(({ host, failed: failure }) => failedText(host, failure, wanted)),
    ...(way.length === 0 ? [] : [problem(way, `${list(way)} can't be asked while the bastion can't be reached`)]),
    ...together(told.flatMap(({ host, told: { report } }) => hostProblems(host, report, wanted))),
    ...duplicates(told),
    ...strangers(told, wanted),
    ...looked(answers),
  ];
}

function problem(hosts: readonly string[], text: string): Finding {
  return { hosts, level: "problem", text };
}

function advice(hosts: readonly string[], text: string): Finding {
  return { hosts, level: "advice", text };
}

function failedText({ name, login, direct }: Asked, { kind, seen }: Failure, { stack }: Wanted): Finding {
  const at = `${login.address}:${String(login.port)}`;
  const from = direct ? "from this workstation" : "from the bastion";
  const texts: Readonly<Record<Failure["kind"], string>> = {
    unreachable: `${name} can't be reached at ${at} ${from} (${seen}). Check its power, its sshd, and firewalls on the way`,
    "host key":
      `${name} (${at}) shows another SSH host key than its hostKey in the stack file: another machine answers there, or it was ` +
      `installed anew. If that is right: npm run trust-hosts -- ${stack} --renew`,
    login:
      `${name} (${at}) refuses the login of ${login.user} (${seen}). Put the public key of swarm-ha:hosts.ssh.privateKey into ` +
      `~${login.user}/.ssh/authorized_keys there, or set user and privateKey of the host`,
    sudo: `${name}: ${seen}`,
    report: `${name} (${at}) was reached, but its report failed (${seen}). Run this again; if it stays: log in and look`,
    way: seen,
  };
  return problem([name], texts[kind]);
}

/** Problems of one host alone. */
function hostProblems(host: Asked, report: HostReport, wanted: Wanted): Finding[] {
  const { name } = host;
  const foreign = ownerProblems(host, report, wanted);
  // Nothing else matters of a host that isn't ours.
  if (foreign.length > 0 && report.marker != null && report.marker.stack !== wanted.stack) return foreign;
  return [
    ...foreign,
    ...systemProblems(name, report, wanted),
    ...(host.node ? nodeProblems(host, report) : []),
    ...engineProblems(host, report, wanted),
    ...addressProblems(host, report),
    ...portProblems(host, report, wanted),
    ...swarmProblems(host, report, wanted),
  ];
}

function isOurs({ marker }: HostReport, { name }: Asked, { stack }: Wanted): boolean {
  return marker?.stack === stack && marker.name === name;
}

function ownerProblems(
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

function systemProblems(name: string, { os, systemd, engine }: HostReport, { engine: { source } }: Wanted): Finding[] {
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

function nodeProblems({ name }: Asked, report: HostReport): Finding[] {
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

function engineProblems({ name, node }: Asked, report: HostReport, { engine: { source } }: Wanted): Finding[] {
  const { engine, firewallBackend, firewalls, packages } = report;
  const found: Finding[] = [];
  if (firewalls != null && firewalls.length > 0) {
    found.push(
      advice(
        [name],
        `${list(firewalls)} is active on ${name}. It must let the swarm's ports through between all hosts, and a reload must leave the ` +
          "rules of the Docker engine alone: restart docker after one",
      ),
    );
  }
  if (firewallBackend === "nftables") {
    found.push(
      problem(
        [name],
        `The Docker engine of ${name} is set to nftables (firewall-backend in /etc/docker/daemon.json), which it refuses together with ` +
          "swarm mode (moby 50467). Remove that line",
      ),
    );
  }
  if (packages != null && packages !== "") found.push(problem([name], `${name}: ${packages}`));
  if (!node) return found;
  if (engine == null) {
    if (source === "installed") {
      found.push(
        problem(
          [name],
          `${name} has no Docker engine, and engine.source is installed. Install one, or write source: docker`,
        ),
      );
    }
    return found;
  }
  if (older(engine.version, OLDEST)) {
    found.push(
      problem(
        [name],
        `The Docker engine of ${name} is ${engine.version}; ${OLDEST} or later is needed. Upgrade its package`,
      ),
    );
  }
  const of = { docker: "docker-ce", debian: "docker.io" };
  if (source !== "installed" && engine.package !== "" && engine.package !== of[source]) {
    found.push(
      problem(
        [name],
        `${name} has the package ${engine.package} (${engine.version}), and engine.source is ${source}, which installs ${of[source]}. ` +
          `Write source: ${engine.package === "docker-ce" ? "docker" : engine.package === "docker.io" ? "debian" : "installed"}, or remove that package`,
      ),
    );
  }
  return found;
}

/** Whether a version is older than another. Suffixes don't matter. */
export function older(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) =>
    text
      .split(/[^\d]+/)
      .slice(0, 3)
      .map(Number),
  );
  for (let n = 0; n < 3; n++) {
    const difference = (a?.[n] ?? 0) - (b?.[n] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function addressProblems({ name, address, node }: Asked, { addresses }: HostReport): Finding[] {
  if (!node) return [];
  const own = addresses.find((one) => one.address.split("/")[0] === address);
  if (own === undefined) {
    const seen = addresses.map((one) => `${one.address} on ${one.device}`);
    return [
      problem(
        [name],
        `${address} is on no interface of ${name}, which has ${list(seen) || "none"}. The swarm needs the host's own private address: ` +
          "correct address in the inventory. (Behind NAT, a swarm can't be formed)",
      ),
    ];
  }
  if (own.secondary) {
    return [
      problem(
        [name],
        `${address} is a secondary address of ${own.device} on ${name}: overlay networks lose all packets to it (moby 53004). Use the ` +
          "primary one, or make this the primary one",
      ),
    ];
  }
  if (own.dynamic) {
    return [
      advice(
        [name],
        `${address} of ${name} comes from DHCP, and a node's address must not change. Set it statically, or reserve it in the DHCP server`,
      ),
    ];
  }
  return [];
}

function portProblems(host: Asked, report: HostReport, wanted: Wanted): Finding[] {
  if (isOurs(report, host, wanted)) return [];
  const { name, role } = host;
  // Of a swarm that is taken over, these are the Docker engine's own.
  const adopted = wanted.adopt && report.swarm?.state === "active";
  const taken = neededPorts(role, wanted.tiers[name] ?? []).flatMap(({ protocol, port }) => {
    const by = report.listening.find((one) => one.protocol === protocol && one.port === port);
    if (by === undefined || isLoopback(by.address)) return [];
    if (adopted && (by.process === "dockerd" || by.process === "")) return [];
    return [`${String(port)}/${protocol}${by.process === "" ? "" : ` (${by.process})`}`];
  });
  if (taken.length === 0) return [];
  return [
    problem(
      [name],
      `${list(taken)} of ${name} ${taken.length === 1 ? "is" : "are"} taken, and the program needs ${taken.length === 1 ? "it" : "them"}. ` +
        "Stop what listens there, or move it to another port: ss -lntup",
    ),
  ];
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "[::1]";
}

function swarmProblems(host: Asked, report: HostReport, wanted: Wanted): Finding[] {
  if (isOurs(report, host, wanted)) return [];
  const { name, role, node } = host;
  const { swarm, containers } = report;
  const inSwarm = swarm != null && swarm.state !== "inactive";
  const found: Finding[] = [];
  if (!wanted.adopt) {
    if (inSwarm) {
      found.push(
        problem(
          [name],
          `${name} is in a swarm already (${swarm.state}${swarm.clusterId == null || swarm.clusterId === "" ? "" : `, cluster ${swarm.clusterId}`}). Nothing ` +
            "was touched. To take that swarm over: adopt: true. To start anew: docker swarm leave --force there",
        ),
      );
    } else if (containers != null && containers.length > 0) {
      found.push(
        problem(
          [name],
          `${name} has containers already (${some(containers)}). Nothing was touched. Remove them, or leave them and write adopt: true`,
        ),
      );
    }
    return found;
  }
  if (!inSwarm || !node) return found;
  if (swarm.state !== "active") {
    found.push(
      problem(
        [name],
        `The Docker engine of ${name} is in a swarm with the state ${swarm.state}. Bring it to active before it is taken over`,
      ),
    );
    return found;
  }
  const is = swarm.manager ? "a manager" : "a worker";
  if (swarm.manager !== (role === "manager")) {
    found.push(
      problem(
        [name],
        `${name} is ${is} of the swarm, and the inventory says ${role}. Roles aren't swapped while a swarm is taken over: ` +
          `docker node ${role === "manager" ? "promote" : "demote"} ${name}, or change its role in the inventory`,
      ),
    );
  }
  return found;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  return shown.length === names.length
    ? list(shown)
    : `${shown.join(", ")} and ${String(names.length - shown.length)} more`;
}

/** The same host twice: clones of one image have the same machine id. */
function duplicates(told: readonly { readonly host: Asked; readonly told: Told }[]): Finding[] {
  const by = (what: (report: HostReport) => string): Map<string, string[]> => {
    const found = new Map<string, string[]>();
    for (const {
      host,
      told: { report },
    } of told) {
      const value = what(report);
      if (value !== "") found.set(value, [...(found.get(value) ?? []), host.name]);
    }
    return new Map([...found].filter(([, names]) => names.length > 1));
  };
  return [
    ...[...by(({ machineId }) => machineId)].map(([id, names]) =>
      problem(
        names,
        `${list(names)} have the same machine id (${id}): they are clones, or the same machine under several addresses. Give each its own: ` +
          "rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot",
      ),
    ),
    ...[...by(({ hostName }) => hostName)].map(([name, names]) =>
      problem(
        names,
        `${list(names)} all call themselves ${name}. Each node needs a host name of its own: hostnamectl set-hostname`,
      ),
    ),
  ];
}

/** What a swarm that is taken over has, and the inventory doesn't name. It stays. */
function strangers(told: readonly { readonly host: Asked; readonly told: Told }[], wanted: Wanted): Finding[] {
  if (!wanted.adopt) return [];
  const fresh = told.filter(({ host, told: one }) => !isOurs(one.report, host, wanted));
  const found: Finding[] = [];
  const clusters = new Map<string, string[]>();
  for (const {
    host,
    told: { report },
  } of told) {
    const id = report.swarm?.clusterId ?? "";
    if (id !== "") clusters.set(id, [...(clusters.get(id) ?? []), host.name]);
  }
  if (clusters.size > 1) {
    const each = [...clusters].map(([id, names]) => `${id} (${list(names)})`);
    found.push(
      problem(
        [...clusters.values()].flat(),
        `The hosts are in several swarms: ${list(each)}. A stack has one: let the others leave theirs`,
      ),
    );
  }
  const manager = fresh.find(({ told: { report } }) => report.swarm?.nodes != null);
  if (manager === undefined) return found;
  const { nodes, services } = manager.told.report.swarm ?? {};
  const unknown = (nodes ?? []).map(({ hostName }) => hostName).filter((name) => !wanted.nodes.includes(name));
  if (unknown.length > 0) {
    found.push(
      advice(
        unknown,
        `The swarm has nodes that the inventory doesn't name: ${some(unknown)}. They stay as they are, and aren't managed`,
      ),
    );
  }
  if (services != null && services.length > 0) {
    found.push(advice([], `The swarm's services stay as they are: ${some(services)}`));
  }
  return found;
}

/** Clocks, addresses, packets between hosts: what `npm run preflight` says of a stack that is up. */
function looked(answers: readonly Answer[]): Finding[] {
  const looks = answers.flatMap((one): HostLook[] => {
    if (!("told" in one) || one.told.details === undefined) return [];
    const { name, role, address } = one.host;
    const { details } = one.told;
    // Before the first `up` nothing listens: a refusal shows that the host is reached.
    const reach = details.reach.filter(({ outcome }) => outcome !== "refused");
    // Secondary addresses, and features of the kernel, are in the other report.
    const addresses = details.addresses.filter(({ secondary }) => !secondary);
    const rest = { ...details, reach, addresses, features: {}, names: {} };
    return [{ name, role, address, reached: true, via: "bastion", details: rest, parts: {} }];
  });
  return hostFindings(looks).map(({ hosts, level, text }) => ({ hosts, level, text }));
}

/** The same advice for several hosts as one line. A problem stays with its host. */
function together(findings: readonly Finding[]): Finding[] {
  const lines = new Map<string, Finding[]>();
  for (const one of findings) {
    const [name = ""] = one.hosts;
    const key = one.level === "advice" ? one.text.replace(` of ${name} `, " of @ ") : `${name} ${one.text}`;
    lines.set(key, [...(lines.get(key) ?? []), one]);
  }
  return [...lines].flatMap(([key, all]) => {
    const hosts = all.flatMap((one) => one.hosts);
    return all.length < 2 ? all : [advice(hosts, key.replace(" of @ ", ` of ${list(hosts)} `))];
  });
}

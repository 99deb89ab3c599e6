/** What is wrong with hosts, as their own reports show it. Pure. */
import { isHost } from "../../plan/roles";
import { cutsOf, describeCuts, witnesses, type Cut } from "../cluster/host-facts";
import { list, span } from "../cluster/words";
import { udpFindings } from "./udp";
import { factsOfLooks, type HostDetails, type HostLook } from "./host-report";

/** Something to know about hosts. */
export interface HostFinding {
  readonly hosts: readonly string[];
  /** `problem`: something fails, or will. `advice`: something doesn't work that not everybody needs. */
  readonly level: "problem" | "advice";
  /** What was seen, where, and what to do. */
  readonly text: string;
}

/** Seconds that clocks may differ by. Signed requests and fresh certificates fail from minutes on; NTP keeps milliseconds. */
const SKEW = 5;
/** Smallest MTU between hosts: overlay networks send 1450 bytes, and VXLAN adds 50. */
const MTU = 1500;
/** Memory that should be available: a twentieth, at least 64 MiB in KiB. */
const MEMORY = { part: 20, least: 65_536 };

/** A host that told something. */
type Reached = Extract<HostLook, { reached: true }>;

/**
 * See the top of this file. The worst first.
 *
 * @param troubled hosts whose failure is known already @default none
 */
export function hostFindings(looks: readonly HostLook[], troubled: ReadonlySet<string> = new Set()): HostFinding[] {
  const reached = looks.filter((look): look is Reached => look.reached);
  const nodes = reached.filter(isHost);
  return [
    ...clockFindings(reached),
    ...spreadFindings(reached),
    ...cutFindings(looks, troubled),
    ...udpFindings(nodes),
    ...deviceFindings(nodes),
    ...nameFindings(nodes),
    ...firewallFindings(nodes),
    ...memoryFindings(reached),
    ...featureFindings(nodes),
  ];
}

function clockFindings(looks: readonly Reached[]): HostFinding[] {
  const skewed = looks.flatMap(({ name, details: { clock } }) => {
    const off = clock === undefined ? 0 : Math.abs(clock.seconds) - clock.within;
    return clock === undefined || off <= SKEW ? [] : [{ name, seconds: clock.seconds }];
  });
  if (skewed.length === 0) return [];
  const told = ({ seconds }: { seconds: number }): string =>
    `${span(Math.abs(seconds))} ${seconds > 0 ? "ahead of" : "behind"}`;
  const [first] = skewed;
  const together = skewed.every(({ seconds }) => Math.abs(seconds - (first?.seconds ?? 0)) <= SKEW);
  const asked = looks.filter(({ details }) => details.clock !== undefined).length;
  if (first !== undefined && skewed.length === asked && asked > 1 && together) {
    const text =
      `All hosts' clocks are ${told(first)} this workstation's, so most likely this workstation's is wrong. ` +
      "Certificates are then judged wrongly here. Set it: timedatectl set-ntp true";
    return [{ hosts: [], level: "problem", text }];
  }
  return skewed.map((one) => ({
    hosts: [one.name],
    level: "problem",
    text:
      `The clock of ${one.name} is ${told(one)} this workstation's. TLS and signed requests fail when it is minutes. ` +
      "Check its time synchronization: timedatectl",
  }));
}

/** Two clocks that are far apart although neither is far from this workstation's. */
function spreadFindings(looks: readonly Reached[]): HostFinding[] {
  const known = looks.flatMap(({ name, details: { clock } }) =>
    clock === undefined || Math.abs(clock.seconds) - clock.within > SKEW ? [] : [{ name, ...clock }],
  );
  const sorted = known.sort((a, b) => a.seconds - b.seconds);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return [];
  const apart = last.seconds - first.seconds;
  if (apart - first.within - last.within <= SKEW) return [];
  const text =
    `The clock of ${last.name} is ${span(apart)} ahead of the one of ${first.name}. TLS and signed requests fail when it is ` +
    "minutes. Check the time synchronization of both: timedatectl";
  return [{ hosts: [first.name, last.name], level: "problem", text }];
}

/** Pairs of nodes that don't reach each other. A host that nobody reaches is one finding, not one for each peer. */
function cutFindings(looks: readonly HostLook[], troubled: ReadonlySet<string>): HostFinding[] {
  const facts = factsOfLooks(looks);
  const nodes = looks.filter(isHost);
  const silent = nodes.filter(({ name, reached }) => !reached && witnesses(name, facts).length === 0);
  const lost = new Set(silent.map(({ name }) => name));
  const seen = new Map<string, Cut[]>();
  // A refusal comes from the host itself, whoever asks.
  const closed = new Map<number, Set<string>>();
  for (const { name } of nodes) {
    for (const cut of cutsOf(name, facts)) {
      if (cut.from !== name || lost.has(cut.to)) continue;
      if (cut.outcome === "refused") closed.set(cut.port, (closed.get(cut.port) ?? new Set()).add(cut.to));
      else seen.set(name, [...(seen.get(name) ?? []), cut]);
    }
  }
  return [
    ...silent
      .filter(({ name }) => !troubled.has(name))
      .map(({ name, ...look }): HostFinding => ({
        hosts: [name],
        level: "problem",
        text: `${name} is reached neither from here (${"seen" in look ? look.seen : ""}) nor by any other host`,
      })),
    ...[...closed].map(([port, hosts]): HostFinding => ({
      hosts: [...hosts],
      level: "problem",
      text: `Nothing listens on ${String(port)}/tcp of ${list([...hosts].sort())} (refused): not in the swarm, or the Docker engine doesn't run`,
    })),
    ...[...seen].map(([name, cuts]): HostFinding => ({
      hosts: [name, ...new Set(cuts.map(({ to }) => to))],
      level: "problem",
      text: `${describeCuts(cuts)}. A firewall or security group drops the packets, or there is no route`,
    })),
  ];
}

/** MTU and kind of the device that a node's address is on. */
function deviceFindings(nodes: readonly Reached[]): HostFinding[] {
  const devices = nodes.flatMap(({ name, address, details }) => {
    const device = mainDevice(details, address);
    const mtu = device === undefined ? undefined : details.mtu[device];
    return device === undefined || mtu === undefined ? [] : [{ name, device, mtu }];
  });
  const small = devices.filter(({ mtu }) => mtu < MTU);
  const sizes = [...new Set(devices.map(({ mtu }) => mtu))].sort((a, b) => a - b);
  const which = (mtu: number): string => list(devices.filter((one) => one.mtu === mtu).map(({ name }) => name));
  const secondary = nodes.filter(({ address = "", details: { addresses } }) =>
    addresses.some((one) => one.secondary && one.address.startsWith(`${address}/`)),
  );
  return [
    ...small.map(({ name, device, mtu }): HostFinding => ({
      hosts: [name],
      level: "problem",
      text:
        `${name}'s ${device} has an MTU of ${String(mtu)}, but overlay networks need ${String(MTU)}: large packets between ` +
        "tasks are lost, small ones arrive. Raise it, or create overlay networks with the option com.docker.network.driver.mtu",
    })),
    ...(sizes.length < 2 || small.length > 0
      ? []
      : [
          {
            hosts: devices.map(({ name }) => name),
            level: "advice" as const,
            text: `The hosts' networks have different MTUs: ${sizes.map((mtu) => `${String(mtu)} on ${which(mtu)}`).join("; ")}`,
          },
        ]),
    ...secondary.map(({ name, address = "" }): HostFinding => ({
      hosts: [name],
      level: "problem",
      text:
        `${name}'s address in the swarm, ${address}, is a secondary one of its device: on EC2, all overlay traffic to it is lost ` +
        "(moby issue 53004). Give it that address as the primary one",
    })),
  ];
}

/** The device of a node's own address; where that isn't known, the first one that isn't a bridge of Docker's. */
function mainDevice({ addresses }: HostDetails, address = ""): string | undefined {
  const own = addresses.find((one) => one.address.startsWith(`${address}/`));
  return (own ?? addresses.find(({ device }) => !/^(?:docker|br-|ov-|vx-)/.test(device)))?.device;
}

function nameFindings(nodes: readonly Reached[]): HostFinding[] {
  const unknown = new Map<string, string[]>();
  for (const { name: host, details } of nodes) {
    for (const [name, known] of Object.entries(details.names)) {
      if (!known) unknown.set(name, [...(unknown.get(name) ?? []), host]);
    }
  }
  const silent = nodes.filter(({ details }) => details.resolver === "silent").map(({ name }) => name);
  return [
    ...[...unknown].map(([name, hosts]): HostFinding => ({
      hosts,
      level: "problem",
      text: `${list(hosts)} can't resolve ${name}, so no image can be pulled from there. Check /etc/hosts and the resolver`,
    })),
    ...(silent.length === 0
      ? []
      : [
          {
            hosts: silent,
            level: "advice" as const,
            text: `The resolver of ${list(silent)} doesn't answer within 4 s: each image pull waits for it. Check /etc/resolv.conf`,
          },
        ]),
  ];
}

function firewallFindings(nodes: readonly Reached[]): HostFinding[] {
  const backends = [...new Set(nodes.flatMap(({ details }) => details.iptables ?? []))].sort();
  if (backends.length < 2) return [];
  const hosts = (backend: string): string =>
    list(nodes.filter(({ details }) => details.iptables === backend).map(({ name }) => name));
  const text = `The hosts have different iptables backends: ${backends.map((one) => `${one} on ${hosts(one)}`).join("; ")}`;
  return [{ hosts: nodes.map(({ name }) => name), level: "advice", text }];
}

function memoryFindings(looks: readonly Reached[]): HostFinding[] {
  return looks.flatMap(({ name, details: { memory } }): HostFinding[] => {
    if (memory === undefined || memory.available >= Math.max(memory.total / MEMORY.part, MEMORY.least)) return [];
    const mib = (kib: number): string => `${String(Math.round(kib / 1024))} MiB`;
    const text =
      `${name} has ${mib(memory.available)} of ${mib(memory.total)} memory available. The kernel may end processes, the ` +
      "Docker engine among them. Give services memory limits, or use a larger instance";
    return [{ hosts: [name], level: "problem", text }];
  });
}

/** What doesn't work without a kernel feature. */
const FEATURES: Readonly<Record<string, string>> = {
  ip_vs:
    "virtual IPs of services and the routing mesh don't work there: use endpoint_mode dnsrr and ports in host mode",
  esp4: "encrypted overlay networks don't work there",
};

function featureFindings(nodes: readonly Reached[]): HostFinding[] {
  return Object.entries(FEATURES).flatMap(([module, effect]): HostFinding[] => {
    const without = nodes.filter(({ details }) => details.features[module] === false).map(({ name }) => name);
    if (without.length === 0) return [];
    const whose = without.length === nodes.length ? "all nodes" : list(without);
    return [{ hosts: without, level: "advice", text: `The kernel of ${whose} lacks ${module}: ${effect}` }];
  });
}

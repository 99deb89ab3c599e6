/** What is wrong between hosts. Pure. */
import { list } from "../../../cluster/words";
import { hostFindings } from "../../../diagnose/findings";
import type { HostLook } from "../../../diagnose/host-report";
import { advice, isOurs, problem, some, type Finding, type Wanted } from "./finding";
import type { Answer, Asked, Told } from "./look";
import { isLoopback } from "./network";
import type { HostReport } from "./report";

/** The same host twice: clones of one image have the same machine id. */
export function duplicates(told: readonly { readonly host: Asked; readonly told: Told }[]): Finding[] {
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

type Seen = readonly { readonly host: Asked; readonly told: Told }[];

/** Hosts that don't resolve the name of the registry's external endpoint: it is part of every image's name. */
export function unresolved(told: Seen, { registryName: name }: Wanted): Finding[] {
  if (name === undefined) return [];
  const hosts = told.flatMap(({ host, told: { details } }) => (details?.names[name] === false ? host.name : []));
  if (hosts.length === 0) return [];
  return [
    problem(
      hosts,
      `${list(hosts)} can't resolve ${name} (swarm-ha:hosts.loadBalancers.registry.external.endpoint), and hosts pull images by that name. ` +
        "Create its DNS record, or a line in /etc/hosts there",
    ),
  ];
}

/**
 * Refused connections. Where a program listens, a firewall rejects them. Where none does, as before the first `up`, both look the
 * same.
 */
export function refusals(told: Seen): Finding[] {
  const reports = new Map(told.map(({ host, told: { report } }) => [host.name, report]));
  const rejected = new Map<string, Set<string>>();
  const unknown = new Map<number, Set<string>>();
  for (const { host, told: one } of told) {
    for (const { to, port, outcome } of one.details?.reach ?? []) {
      if (outcome !== "refused") continue;
      const listens = reports
        .get(to)
        ?.listening.some((socket) => socket.protocol === "tcp" && socket.port === port && !isLoopback(socket.address));
      if (listens === true) {
        const at = `${String(port)}/tcp of ${to}`;
        rejected.set(at, (rejected.get(at) ?? new Set()).add(host.name));
      } else unknown.set(port, (unknown.get(port) ?? new Set()).add(to));
    }
  }
  const ports = [...unknown.keys()].sort((a, b) => a - b).map((port) => `${String(port)}/tcp`);
  return [
    ...[...rejected].map(([at, from]) =>
      problem(
        [...from],
        `${at} refuses connections of ${list([...from])}, although a program listens there: a firewall rejects them. Open the port`,
      ),
    ),
    ...(ports.length === 0
      ? []
      : [
          advice(
            [...new Set([...unknown.values()].flatMap((names) => [...names]))],
            `Nothing listens on ${list(ports)} of the hosts yet. A firewall that rejects looks the same, so it can't be told before the ` +
              'first `up`. If there are firewalls between the hosts, check their rules: docs/hosts.md, "Ports"',
          ),
        ]),
  ];
}

/** What a swarm that is taken over has, and the inventory doesn't name. It stays. */
export function strangers(told: readonly { readonly host: Asked; readonly told: Told }[], wanted: Wanted): Finding[] {
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
export function looked(answers: readonly Answer[]): Finding[] {
  const looks = answers.flatMap((one): HostLook[] => {
    if (!("told" in one) || one.told.details === undefined) return [];
    const { name, role, address } = one.host;
    const { details } = one.told;
    // Before the first `up` nothing listens: see refusals.
    const reach = details.reach.filter(({ outcome }) => outcome !== "refused");
    // Secondary addresses, and features of the kernel, are in the other report.
    const addresses = details.addresses.filter(({ secondary }) => !secondary);
    const rest = { ...details, reach, addresses, features: {}, names: {} };
    return [{ name, role, address, reached: true, via: "bastion", details: rest, parts: {} }];
  });
  return hostFindings(looks).map(({ hosts, level, text }) => ({ hosts, level, text }));
}

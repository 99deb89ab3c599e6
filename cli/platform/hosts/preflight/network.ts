/** Address and ports of a host. Pure. */
import { list } from "../../../cluster/words";
import { advice, isOurs, problem, type Finding, type Wanted } from "./finding";
import type { Asked } from "./look";
import { neededPorts } from "./ports";
import type { HostReport } from "./report";

/** Whether a node's address is on one of its interfaces, and stays there. */
export function addressProblems({ name, address, node }: Asked, { addresses }: HostReport): Finding[] {
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

/** Ports that something else has. */
export function portProblems(host: Asked, report: HostReport, wanted: Wanted): Finding[] {
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

/** Whether only the host itself reaches a socket at this address. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "[::1]";
}

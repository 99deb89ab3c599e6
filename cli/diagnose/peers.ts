/** Which ports of which other hosts a host tries. Pure. */
import { PORTS } from "../../plan/ports";
import { isHost } from "../../plan/roles";
import type { Target } from "./access";

/** Ports that a node has to reach on all others: `name address port`. */
export function peersOf(targets: readonly Target[], from: Target): string[] {
  return targets.flatMap(({ name, role, address }) => {
    if (name === from.name || address === undefined || !isHost({ role })) return [];
    const ports: number[] = [PORTS.gossip];
    if (role === "manager") ports.push(PORTS.swarm);
    // The ingress on the workers reads its routes from the managers.
    if (role === "manager" && from.role === "worker") ports.push(PORTS.readOnlyApi);
    return ports.map((port) => `${name} ${address} ${String(port)}`);
  });
}

/** What scripts/lib/udp.sh reads: the host itself is a peer, too, and shows that it can listen. */
export function udpPeersOf(targets: readonly Target[], from: Target, token: string): string[] {
  return [
    `${token} ${from.name} ${String(PORTS.gossip)} ${String(PORTS.vxlan)}`,
    ...targets.flatMap(({ name, role, address }) =>
      address === undefined || !isHost({ role }) ? [] : [`${name} ${address}`],
    ),
  ];
}

import { readFileSync } from "node:fs";
import type Docker from "dockerode";
import { overlaps, parseRange, toNumber, type Ipv4Range } from "../../../../plan/ipv4";
import { listNatRules } from "./nat-rules";

/** Docker's bridge of a network: `br-` and the beginning of the network's id. */
const BRIDGE = /^br-([0-9a-f]{12})$/;

/**
 * Refuses a range for which this workstation has a bridge or NAT rule that belongs to no network of this Docker engine.
 *
 * A killed Docker engine leaves both behind, and the next one ignores them. It creates a network of the same
 * range. Then this workstation still sends packets to the old bridge, where nothing answers; or it still
 * rewrites the members' addresses (see nat-rules.ts), and load balancers refuse valid clients.
 *
 * @throws Error with the commands that remove them.
 */
export async function refuseForeignNetworks(engine: Docker, subnet: string): Promise<void> {
  const range = parseRange(subnet);
  const rules = (await listNatRules()).filter((rule) => overlaps(range, rule.range));
  const found = [
    ...bridgesTo(range, routes()).map((bridge) => ({ bridge, removal: `ip link delete ${bridge}` })),
    ...rules.map(({ bridge, removal }) => ({ bridge, removal: `iptables ${removal.join(" ")}` })),
  ];
  if (found.length === 0) return;
  const known = (await engine.listNetworks()).map(({ Id }) => Id);
  const foreign = found.filter(({ bridge }) => !known.some((id) => id.startsWith(bridge.slice("br-".length))));
  const [first] = foreign;
  if (first === undefined) return;
  throw new Error(
    `the range ${subnet} is that of the bridge ${first.bridge} of this computer, or of a rule for it, and that is no network ` +
      "of this Docker engine. If a Docker engine that was killed has left it, remove it (as root): " +
      `${foreign.map(({ removal }) => removal).join("; ")}. If it belongs to another Docker engine, set swarm-ha:network.hosts to a free range`,
  );
}

/**
 * Docker's bridges with a route to a range.
 *
 * @param table the kernel's routes, as in /proc/net/route: addresses in hexadecimal, last byte first
 */
export function bridgesTo(range: Ipv4Range, table: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [name = "", destination = "", , , , , , mask = ""] = line.trim().split(/\s+/);
    if (!BRIDGE.test(name)) return [];
    const [first, size] = [toNumber(dotted(destination)), 2 ** 32 - toNumber(dotted(mask))];
    return overlaps(range, { first, last: first + size - 1, prefix: 32 - Math.log2(size) }) ? [name] : [];
  });
}

function dotted(hex: string): string {
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => parseInt(byte, 16))
    .join(".");
}

/** Where the Docker engine runs in a virtual machine (macOS), its networks aren't visible here. */
function routes(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    return "";
  }
}

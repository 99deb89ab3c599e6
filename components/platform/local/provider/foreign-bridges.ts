import { readFileSync } from "node:fs";
import type Docker from "dockerode";
import { overlaps, parseRange, toNumber, type Ipv4Range } from "../../../../config/ipv4";

/** A bridge that an engine has made for a network: `br-` and the beginning of the network's id. */
const BRIDGE = /^br-([0-9a-f]{12})$/;

/**
 * Refuses a range that leads to a bridge which is none of this engine's networks.
 *
 * An engine that is killed leaves its bridges behind, and the next one knows nothing of them: it makes a network of the
 * same range, and this computer goes on sending what is for it to the old bridge, where nobody answers.
 *
 * @throws Error with the command that removes it.
 */
export async function refuseForeignBridges(engine: Docker, subnet: string): Promise<void> {
  const bridges = bridgesTo(parseRange(subnet), routes());
  if (bridges.length === 0) return;
  const known = (await engine.listNetworks()).map(({ Id }) => Id);
  const [foreign] = bridges.filter((name) => !known.some((id) => id.startsWith(name.slice("br-".length))));
  if (foreign === undefined) return;
  throw new Error(
    `the range ${subnet} leads to the bridge ${foreign} of this computer, which is no network of this Docker engine. If an ` +
      `engine that was killed has left it, remove it (as root): ip link delete ${foreign}. If it is another engine's, set ` +
      "swarm-ha:network.hosts to a free range",
  );
}

/**
 * The engines' bridges that a range leads to.
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

/** Where the engine is in a machine of its own (macOS), nothing of it is to be seen here. */
function routes(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    return "";
  }
}

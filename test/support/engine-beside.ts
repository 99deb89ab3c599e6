import { command } from "../../cli/workstation/command";

const BRIDGE = "swarm-ha-test0";
const RULES = ["--iptables=false", "--ip-forward=false", "--ip-masq=false"];

/**
 * Makes what a second Docker engine needs, so that it leaves the first one's bridge and firewall alone. An engine with
 * `--bridge=none` deletes docker0, whoever's it is (`removeDefaultBridgeInterface` in moby), so this one has its own.
 *
 * @returns arguments for dockerd
 */
export async function besideAnotherEngine(): Promise<readonly string[]> {
  await removeBridge();
  await command("ip", ["link", "add", "name", BRIDGE, "type", "bridge"], { timeout: 5000 });
  await command("ip", ["address", "add", "10.199.251.1/29", "dev", BRIDGE], { timeout: 5000 });
  return [`--bridge=${BRIDGE}`, ...RULES];
}

/** Removes the bridge of {@link besideAnotherEngine}, if there is one. */
export async function removeBridge(): Promise<void> {
  await command("ip", ["link", "delete", BRIDGE], { timeout: 5000 }).catch(() => undefined);
}

/** The names of the host's bridges. */
export async function bridges(): Promise<readonly string[]> {
  const links = await command("ip", ["-o", "link", "show", "type", "bridge"], { timeout: 5000 });
  return links.split("\n").flatMap((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? []);
}

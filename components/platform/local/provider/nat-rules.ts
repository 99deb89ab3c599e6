import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { parseRange, type Ipv4Range } from "../../../../plan/ipv4";

/** The part of the kernel's firewall where engines have the rules below; milliseconds that a call may take. */
const [TABLE, LIMIT] = [["-w", "5", "-t", "nat"], 15_000];

/** Runs iptables, with nothing of the user's environment but where programs are. */
function iptables(args: readonly string[]): Promise<{ readonly stdout: string }> {
  return promisify(execFile)("iptables", args, { timeout: LIMIT, env: { PATH: process.env["PATH"] } });
}

/** A rule of an engine for one of its networks: what leaves it for elsewhere gets this computer's address as its sender's. */
export interface NatRule {
  /** The network's addresses. */
  readonly range: Ipv4Range;
  /** The network's bridge. */
  readonly bridge: string;
  /** The arguments with which iptables removes it. */
  readonly removal: readonly string[];
}

/**
 * Engines' rules in what `iptables -S` prints.
 *
 * Such a rule excepts what stays on the network's own bridge. One whose bridge is gone excepts nothing any more: when a
 * later network has the same range, its members take each other for its gateway.
 */
export function natRules(listed: string): NatRule[] {
  return [...listed.matchAll(/^-A (POSTROUTING -s (\S+) ! -o (br-[0-9a-f]{12}) -j MASQUERADE) *$/gm)].map(
    ([, rule = "", range = "", bridge = ""]) => ({
      range: parseRange(range),
      bridge,
      removal: [...TABLE, "-D", ...rule.split(" ")],
    }),
  );
}

/** The rules that this computer has now; none where that can't be told (not root, or no iptables). */
export async function listNatRules(): Promise<NatRule[]> {
  try {
    return natRules((await iptables([...TABLE, "-S", "POSTROUTING"])).stdout);
  } catch {
    return [];
  }
}

/**
 * Removes the rules whose bridges are gone. Nothing uses them: a running Docker engine creates the bridge before the rule.
 *
 * @returns the bridges that they were for; without those of rules that couldn't be removed
 */
export async function removeDeadNatRules(): Promise<string[]> {
  const removed: string[] = [];
  for (const { bridge, removal } of await listNatRules()) {
    if (existsSync(`/sys/class/net/${bridge}`)) continue;
    const done = iptables(removal).then(
      () => true,
      () => false,
    );
    if (await done) removed.push(bridge);
  }
  return removed;
}

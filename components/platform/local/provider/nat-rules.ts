import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parseRange, type Ipv4Range } from "../../../../plan/ipv4";

/** The chain of Docker's NAT rules, and the time limit of a call in milliseconds. */
const [TABLE, LIMIT] = [["-w", "5", "-t", "nat"], 15_000];

/** Runs iptables with only PATH of the user's environment. */
function iptables(args: readonly string[]): Promise<{ readonly stdout: string }> {
  return promisify(execFile)("iptables", args, { timeout: LIMIT, env: { PATH: process.env["PATH"] } });
}

/** Docker's masquerading rule for one of its networks: packets that leave the network get this computer's source address. */
export interface NatRule {
  /** The network's addresses. */
  readonly range: Ipv4Range;
  /** The network's bridge. */
  readonly bridge: string;
  /** The arguments with which iptables removes it. */
  readonly removal: readonly string[];
}

/**
 * Docker's rules in the output of `iptables -S`.
 *
 * Such a rule excludes packets on the network's own bridge. If that bridge is gone, it excludes nothing: when a
 * later network has the same range, its members see each other with the gateway's address.
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

/** The current rules of this computer; empty if they can't be read (not root, or no iptables). */
export async function listNatRules(): Promise<NatRule[]> {
  try {
    return natRules((await iptables([...TABLE, "-S", "POSTROUTING"])).stdout);
  } catch {
    return [];
  }
}

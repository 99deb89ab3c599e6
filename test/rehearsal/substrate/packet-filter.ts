import type { PacketRule } from "../cloud/substrate";

/** Address of the metadata service, and of the resolver beside it. Source: docs.aws.amazon.com, EC2 and VPC. */
export const METADATA = "169.254.169.254";
export const RESOLVER = "169.254.169.253";

/** Interface of instances and load balancers. */
const CARD = "eth0";

/**
 * The chains of a packet filter, for `iptables-restore --noflush`, which replaces both at once.
 *
 * They stand in the mangle table, where a Docker engine inside the instance puts nothing: incoming packets are judged
 * before any of its address translation, outgoing ones by where they really go.
 *
 * @param resolver the VPC's own resolver
 */
export function filterChains(rules: readonly PacketRule[], resolver: string): string {
  const established = "-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT";
  return [
    "*mangle",
    ":SG-IN - [0:0]",
    ":SG-OUT - [0:0]",
    `-A SG-IN ${established}`,
    // IPsec: the packet inside passes the hooks a second time. The one around it has been judged.
    "-A SG-IN -m policy --dir in --pol ipsec -j ACCEPT",
    ...lines(rules, "in"),
    "-A SG-IN -j DROP",
    `-A SG-OUT ${established}`,
    "-A SG-OUT -m policy --dir out --pol ipsec -j ACCEPT",
    // Security groups don't filter these. Source: docs.aws.amazon.com, VPC, "Control traffic … using security groups".
    `-A SG-OUT -m conntrack --ctorigdst ${METADATA} -j ACCEPT`,
    ...[resolver, RESOLVER].flatMap((address) =>
      ["udp", "tcp"].map((protocol) => `-A SG-OUT -d ${address} -p ${protocol} --dport 53 -j ACCEPT`),
    ),
    ...lines(rules, "out"),
    "-A SG-OUT -j DROP",
    "COMMIT",
    "",
  ].join("\n");
}

function lines(rules: readonly PacketRule[], direction: PacketRule["direction"]): string[] {
  const [chain, peer] = direction === "in" ? ["SG-IN", "-s"] : ["SG-OUT", "-d"];
  return rules
    .filter((rule) => rule.direction === direction)
    .flatMap(({ protocol, ports, peers }) => {
      const kind = protocol === "-1" ? "" : ` -p ${protocol}`;
      const range = ports === undefined ? "" : ` --dport ${String(ports[0])}:${String(ports[1])}`;
      return peers.map((address) => `-A ${chain} ${peer} ${address}${kind}${range} -j ACCEPT`);
    });
}

/** Where an instance's metadata requests really go. */
export interface Metadata {
  /** `address:port` of the server. */
  readonly server: string;
  /** Whether containers behind a bridge of the instance may reach it, too. */
  readonly forContainers: boolean;
}

/** All of an instance's or a load balancer's tables before it boots: the filter's chains are there, and in use. */
export function firstTables(rules: readonly PacketRule[], resolver: string, metadata?: Metadata): string {
  const chains = filterChains(rules, resolver).split("\n");
  const redirect = (chain: string): string =>
    `-A ${chain} -d ${METADATA}/32 -p tcp --dport 80 -j DNAT --to-destination ${metadata?.server ?? ""}`;
  return [
    ...chains.slice(0, 3),
    `-A PREROUTING -i ${CARD} -j SG-IN`,
    `-A POSTROUTING -o ${CARD} -j SG-OUT`,
    ...chains.slice(3, -1),
    "*nat",
    ...(metadata === undefined ? [] : [redirect("OUTPUT")]),
    ...(metadata?.forContainers === true ? [redirect("PREROUTING")] : []),
    "COMMIT",
    "",
  ].join("\n");
}

import { parseRange, rangeText } from "../../../plan/ipv4";
import type { AwsStackConfig } from "../../../config";
import { block, BLOCKS } from "../../../plan/addressing";

/** Equal parts that the infrastructure's block is cut into: a public subnet for each zone. */
export const EDGE_PLACES = BLOCKS;

/** Prefix length of the public subnets when the hosts' range has this one. */
export function subnetPrefix(hostsPrefix: number): number {
  return hostsPrefix + Math.log2(BLOCKS) + Math.log2(EDGE_PLACES);
}

/** Ranges of the public subnets by zone, CIDR: what load balancers, NAT gateways and the bastion are in. */
export function edgeRanges(
  config: Pick<AwsStackConfig, "zones" | "network" | "aws">,
): Readonly<Record<string, string>> {
  const infrastructure = block(parseRange(config.network.hosts), 0);
  const borrowed = config.aws.network.subnets;
  return Object.fromEntries(
    config.zones.map((zone, i) => [zone, borrowed?.[zone]?.public.cidr ?? rangeText(block(infrastructure, i))]),
  );
}

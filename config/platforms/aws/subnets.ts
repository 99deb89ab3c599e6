import type { z } from "zod";
import { parseRange, rangeText } from "../../../plan/ipv4";
import type { aws } from "./schema/aws";
import { block, BLOCKS } from "../../../plan/addressing";

/** Equal parts that the infrastructure's block is cut into: a public subnet for each zone. */
export const EDGE_PLACES = BLOCKS;

/** Prefix length of the public subnets when the hosts' range has this one. */
export function subnetPrefix(hostsPrefix: number): number {
  return hostsPrefix + Math.log2(BLOCKS) + Math.log2(EDGE_PLACES);
}

/** What {@link edgeRanges} depends on. */
export interface EdgeConfig {
  readonly zones: readonly string[];
  readonly network: { readonly hosts: string };
  readonly aws: { readonly network: Pick<z.output<typeof aws>["network"], "subnets"> };
}

/** Ranges of the public subnets by zone, CIDR. Load balancers, NAT gateways and the bastion are in them. */
export function edgeRanges(config: EdgeConfig): Readonly<Record<string, string>> {
  const infrastructure = block(parseRange(config.network.hosts), 0);
  const existing = config.aws.network.subnets;
  return Object.fromEntries(
    config.zones.map((zone, i) => [zone, existing?.[zone]?.public.cidr ?? rangeText(block(infrastructure, i))]),
  );
}

import { messageOf } from "../../../../components/message";
import { namesIn } from "../exported-state";
import type { Need } from "./need";
import { QUOTAS, type Counted, type Quota, type Standing } from "./quotas";
import { isStandard } from "./vcpus";
import * as usage from "./usage";

/** A quota that couldn't be asked, and why. */
export interface UnknownQuota {
  readonly quota: Quota;
  readonly reason: string;
}

/** How the quotas stand, and what couldn't be asked. */
export interface Standings {
  readonly standings: readonly Standing[];
  readonly unknown: readonly UnknownQuota[];
}

/** What the stack doesn't have yet: what its state holds is in use already, and doesn't count twice. */
type Missing = Pick<Need, "addresses" | "vpcs" | "gateways" | "loadBalancers" | "rules"> & {
  /** Instance types, one for each instance. */
  readonly types: readonly string[];
  /** Zones, one for each NAT gateway. */
  readonly natZones: readonly string[];
};

/** What a state lacks of a need. Pure. @param state What `pulumi stack export` prints; without one there is nothing yet */
export function missingOf(need: Need, state: string | undefined): Missing {
  const lacks = (type: string): ((name: string) => boolean) => {
    const known = state === undefined ? new Set<string>() : namesIn(state, type);
    return (name) => !known.has(name);
  };
  const of = (all: Readonly<Record<string, string>>, type: string): string[] => {
    const lacking = lacks(type);
    return Object.entries(all).flatMap(([name, value]) => (lacking(name) ? [value] : []));
  };
  return {
    types: of(need.instances, "aws:ec2/instance:Instance").filter(isStandard),
    addresses: need.addresses.filter(lacks("aws:ec2/eip:Eip")),
    vpcs: need.vpcs.filter(lacks("aws:ec2/vpc:Vpc")),
    gateways: need.gateways.filter(lacks("aws:ec2/internetGateway:InternetGateway")),
    natZones: of(need.natGateways, "aws:ec2/natGateway:NatGateway"),
    loadBalancers: need.loadBalancers.filter(lacks("aws:lb/loadBalancer:LoadBalancer")),
    rules: need.rules,
  };
}

/** Asks AWS about each quota that the stack needs more of. A stack that lacks nothing asks nothing. */
export async function standingsOf(missing: Missing, region: string): Promise<Standings> {
  const found = await Promise.all(
    QUOTAS.map(async (quota): Promise<Standing[] | UnknownQuota> => {
      try {
        return await standing(quota, missing, region);
      } catch (error) {
        return { quota, reason: messageOf(error) };
      }
    }),
  );
  return {
    standings: found.flatMap((one) => ("reason" in one ? [] : one)),
    unknown: found.filter((one) => "reason" in one),
  };
}

async function standing(quota: Quota, missing: Missing, region: string): Promise<Standing[]> {
  if (!isAsked(quota, missing)) return [];
  const limited = usage.limitOf(quota, region);
  switch (quota.counts) {
    case "vcpus": {
      const types = [...new Set(missing.types)];
      const [limit, vcpus, used] = await Promise.all([
        limited,
        usage.vcpusOfAll(types, region),
        usage.usedInstances(region),
      ]);
      const more = sum(missing.types.map((type) => vcpus[type] ?? 0));
      return [{ quota, more, inUse: sum(used.map((one) => one.vcpus)), limit }];
    }
    case "natGateways": {
      const [limit, used] = await Promise.all([limited, usage.usedNatGateways(region)]);
      return [...new Set(missing.natZones)].map((zone) => ({
        quota,
        zone,
        more: missing.natZones.filter((one) => one === zone).length,
        inUse: used.filter((one) => one.zone === zone).length,
        limit,
      }));
    }
    case "rules":
      return [{ quota, more: missing.rules, inUse: 0, limit: await limited }];
    default: {
      const [limit, used] = await Promise.all([limited, USED[quota.counts](region)]);
      return [{ quota, more: missing[quota.counts].length, inUse: used.length, limit }];
    }
  }
}

/** Rules are the stack's own alone, so only more than a new account may have is worth a question. */
function isAsked({ counts, byDefault }: Quota, missing: Missing): boolean {
  if (counts === "rules") return missing.rules > byDefault;
  return { ...missing, vcpus: missing.types, natGateways: missing.natZones }[counts].length > 0;
}

const USED: Readonly<
  Record<Exclude<Counted, "vcpus" | "natGateways" | "rules">, (region: string) => Promise<readonly string[]>>
> = {
  addresses: usage.usedAddresses,
  vpcs: usage.usedVpcs,
  gateways: usage.usedGateways,
  loadBalancers: usage.usedLoadBalancers,
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

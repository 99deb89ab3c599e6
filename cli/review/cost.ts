import { INSTANCE } from "../../policy/rules/ec2";
import { numberAt, textAt, valueAt, type Planned } from "../../policy/planned";
import { hourlyPrice, PRICES } from "./price-table";
import type { Change, Preview } from "./preview";

/** What a stack costs in a month, roughly. */
export interface CostReview {
  /** Dollars per month before and after, by what is paid for; only what is there before or after. */
  readonly items: readonly { readonly what: string; readonly before: number; readonly after: number }[];
  readonly before: number;
  readonly after: number;
  /** Instance types that the table has no price for, and how many machines of each there will be. */
  readonly unpriced: readonly { readonly type: string; readonly machines: number }[];
  /** The stack's region, when it isn't the table's. */
  readonly otherRegion?: string;
}

interface Price {
  readonly what: string;
  readonly monthly: number;
}

/** @returns undefined for a stack that nobody has to pay for */
export function reviewCost({ changes, config }: Pick<Preview, "changes" | "config">): CostReview | undefined {
  const before = pricesOf(changes.map((change) => change.before));
  const after = pricesOf(changes.map((change) => change.after));
  if (before.length + after.length === 0) return undefined;
  const whats = [...new Set([...before, ...after].map(({ what }) => what))].sort();
  const region = regionOf(config);
  return {
    items: whats.map((what) => ({ what, before: sumOf(before, what), after: sumOf(after, what) })),
    before: sumOf(before),
    after: sumOf(after),
    unpriced: unpricedIn(changes),
    ...(region === undefined || region === PRICES.region ? {} : { otherRegion: region }),
  };
}

function sumOf(prices: readonly Price[], what?: string): number {
  return prices
    .filter((price) => what === undefined || price.what === what)
    .reduce((sum, { monthly }) => sum + monthly, 0);
}

function pricesOf(resources: readonly (Planned | undefined)[]): Price[] {
  return resources.flatMap((resource) => (resource === undefined ? [] : priceOf(resource)));
}

/** What one resource costs; nothing of what is free, or paid by use alone. */
function priceOf({ type, inputs }: Planned): Price[] {
  const hourly = (what: string, price: number): Price => ({ what, monthly: price * PRICES.hoursPerMonth });
  switch (type) {
    case INSTANCE: {
      const kind = textAt(inputs, "instanceType") ?? "";
      const volume = numberAt(inputs, "rootBlockDevice", "volumeSize") ?? 0;
      return [
        hourly(`instances ${kind}`, hourlyPrice(kind) ?? 0),
        ...(volume > 0 ? [{ what: "volumes", monthly: volume * PRICES.gp3 }] : []),
      ];
    }
    case "aws:ec2/natGateway:NatGateway":
      return [hourly("NAT gateways", PRICES.natGateway)];
    case "aws:ec2/eip:Eip":
      return [hourly("public addresses", PRICES.publicAddress)];
    case "aws:lb/loadBalancer:LoadBalancer": {
      const zones = valueAt(inputs, "subnets");
      const addresses = valueAt(inputs, "internal") === true || !Array.isArray(zones) ? 0 : zones.length;
      return [
        hourly("load balancers", PRICES.networkLoadBalancer),
        ...(addresses > 0 ? [hourly("public addresses", addresses * PRICES.publicAddress)] : []),
      ];
    }
    case "aws:route53/zone:Zone":
      return [{ what: "hosted zones", monthly: PRICES.hostedZone }];
    case "aws:kms/key:Key":
      return [{ what: "keys", monthly: PRICES.kmsKey }];
    case "aws:cloudwatch/metricAlarm:MetricAlarm":
      return [{ what: "alarms", monthly: PRICES.alarm }];
    default:
      return [];
  }
}

function unpricedIn(changes: readonly Change[]): CostReview["unpriced"] {
  const types = changes
    .map(({ type, after }) => (type === INSTANCE ? textAt(after?.inputs, "instanceType") : undefined))
    .filter((type) => type !== undefined)
    .filter((type) => hourlyPrice(type) === undefined);
  return [...new Set(types)].sort().map((type) => ({ type, machines: types.filter((one) => one === type).length }));
}

function regionOf(config: Readonly<Record<string, string>>): string | undefined {
  try {
    return textAt(JSON.parse(config["swarm-ha:aws"] ?? "{}"), "region") ?? config["aws:region"];
  } catch {
    return undefined;
  }
}

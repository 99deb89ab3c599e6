// eslint-disable-next-line no-restricted-imports -- prices are of one cloud; a second one needs a table of its own
import { architectureOf } from "../../config/platforms/aws/instance-types";

/** How much dearer than in us-east-1 a class is: for m, m6i here and there; likewise c6i, r6i and i3en. */
const DEARER: Readonly<Record<string, number>> = {
  m: 0.115 / 0.096,
  c: 0.097 / 0.085,
  r: 0.152 / 0.126,
  i: 0.27 / 0.226,
};

/** Prices of us-east-1, per hour, of families whose price here is derived from them. */
const ELSEWHERE: Readonly<Record<string, number>> = {
  "m5a.large": 0.086,
  "m5d.large": 0.113,
  "m5n.large": 0.119,
  "m6id.large": 0.11865,
  "m6in.large": 0.13923,
  "m6gd.large": 0.0904,
  "m7a.large": 0.11592,
  "m7gd.large": 0.1068,
  "m7i-flex.large": 0.09576,
  "m8g.large": 0.08976,
  "c6a.large": 0.0765,
  "c6gd.large": 0.0768,
  "c6id.large": 0.1008,
  "c6in.large": 0.1134,
  "c7a.large": 0.10264,
  "c7g.large": 0.0725,
  "c7gd.large": 0.0907,
  "c7gn.large": 0.1248,
  "c7i.large": 0.08925,
  "c7i-flex.large": 0.08479,
  "c8g.large": 0.07976,
  "r5a.large": 0.113,
  "r5d.large": 0.144,
  "r5n.large": 0.149,
  "r6a.large": 0.1134,
  "r6gd.large": 0.1152,
  "r6id.large": 0.1512,
  "r6in.large": 0.17433,
  "r7a.large": 0.15215,
  "r7g.large": 0.1071,
  "r7gd.large": 0.1361,
  "r7i.large": 0.1323,
  "r8g.large": 0.11782,
  "i3en.large": 0.226,
  "i4i.large": 0.172,
};

function derived(): Record<string, number> {
  return Object.fromEntries(
    Object.entries(ELSEWHERE).map(([type, price]) => [type, price * (DEARER[type.charAt(0)] ?? 1)]),
  );
}

/**
 * What things cost in one region, for a rough estimate: list prices on demand, Linux, without tax, in US dollars.
 *
 * Written down from memory of the lists of that month, without a look at them, and not checked since: an estimate to compare
 * two previews by, and no quotation. The lists are aws.amazon.com/ec2/pricing/on-demand, /ebs/pricing, /vpc/pricing,
 * /elasticloadbalancing/pricing, /kms/pricing and /cloudwatch/pricing. A type that isn't here is named in the review, and
 * counts nothing.
 */
export const PRICES = {
  /** Month of the list. */
  date: "2025-06",
  region: "eu-central-1",
  currency: "USD",
  /** Average length of a month, as AWS counts. */
  hoursPerMonth: 730,
  /** One size of each family, per hour; the other sizes follow from it. */
  instances: {
    "t3.nano": 0.006,
    "t3a.nano": 0.0054,
    "t4g.nano": 0.0048,
    "m5.large": 0.115,
    "m6i.large": 0.115,
    "m6a.large": 0.1035,
    "m6g.large": 0.092,
    "m7i.large": 0.12075,
    "m7g.large": 0.0977,
    "c5.large": 0.097,
    "c6i.large": 0.097,
    "c6g.large": 0.0776,
    "r5.large": 0.152,
    "r6i.large": 0.152,
    "r6g.large": 0.1216,
    ...derived(),
  },
  /** General purpose volumes, per GiB and month. */
  gp3: 0.0952,
  /** Per hour, without the traffic. */
  natGateway: 0.052,
  /** Per hour, without capacity units. */
  networkLoadBalancer: 0.027,
  /** Per hour and public IPv4 address. */
  publicAddress: 0.005,
  /** Per month and zone of Route 53. */
  hostedZone: 0.5,
  /** Per month and key. */
  kmsKey: 1,
  /** Per month and alarm. */
  alarm: 0.1,
} as const;

/** Sizes of instances, each twice the one before it. */
const DOUBLING = ["nano", "micro", "small", "medium", "large", "xlarge"];

/** Price of an instance type per hour; undefined when the table knows nothing of its family, or AWS has no such size. */
export function hourlyPrice(instanceType: string): number | undefined {
  const [family = "", size = ""] = instanceType.split(".");
  const [known, price] = Object.entries(PRICES.instances).find(([type]) => type.startsWith(`${family}.`)) ?? [];
  if (known === undefined || price === undefined || architectureOf(instanceType) === undefined) return undefined;
  const from = DOUBLING.indexOf(known.slice(family.length + 1));
  // Sizes like 12xlarge lie between two: an xlarge is the unit of them all.
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1];
  const steps = DOUBLING.indexOf(multiple === undefined ? size : "xlarge") - from;
  return price * 2 ** steps * Number(multiple ?? 1);
}

/**
 * What things cost in one region, for a rough estimate: list prices on demand, Linux, without tax, in US dollars.
 *
 * Written down from memory of the lists of that month and not checked against them since: an estimate to compare two
 * previews by, and no quotation. The lists are aws.amazon.com/ec2/pricing/on-demand, /ebs/pricing, /vpc/pricing,
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
  /** The smallest size of each family that is in the table, per hour. The next sizes cost twice as much each. */
  instances: {
    "t3.nano": 0.006,
    "t3a.nano": 0.0054,
    "t4g.nano": 0.0048,
    "m5.large": 0.115,
    "m6i.large": 0.115,
    // Derived: m6i.large here, times what its disk adds in us-east-1 (0.11865 to 0.096).
    "m6id.large": 0.1421,
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
  },
  /** General purpose volumes, per GiB and month. */
  gp3: 0.0952,
  /** Per hour, without the traffic. */
  natGateway: 0.052,
  /** Per hour, without capacity units. */
  networkLoadBalancer: 0.027,
  /** Per hour and public IPv4 address. */
  publicAddress: 0.005,
  /** Per month and key. */
  kmsKey: 1,
  /** Per month and alarm. */
  alarm: 0.1,
} as const;

/** Sizes of instances, each twice the one before it. */
const DOUBLING = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"];

/** Price of an instance type per hour; undefined when the table knows nothing of its family. */
export function hourlyPrice(instanceType: string): number | undefined {
  const [family = "", size = ""] = instanceType.split(".");
  const [known, price] = Object.entries(PRICES.instances).find(([type]) => type.startsWith(`${family}.`)) ?? [];
  if (known === undefined || price === undefined) return undefined;
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1];
  const from = DOUBLING.indexOf(known.slice(family.length + 1));
  // Sizes like 12xlarge lie between two: an xlarge is the unit of them all.
  const steps = multiple === undefined ? DOUBLING.indexOf(size) - from : DOUBLING.indexOf("xlarge") - from;
  if (multiple === undefined && !DOUBLING.includes(size)) return undefined;
  return steps < 0 ? undefined : price * 2 ** steps * Number(multiple ?? 1);
}

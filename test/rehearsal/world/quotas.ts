/**
 * Account limits by quota code. Source: docs.aws.amazon.com, "Amazon VPC quotas", "Amazon EC2 endpoints and quotas"
 * (a new account has 5 vCPUs of On-Demand Standard), "Quotas for your Network Load Balancers".
 */
export const QUOTAS = {
  "L-1216C47A": { service: "ec2", name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", value: 5 },
  "L-0263D0A3": { service: "ec2", name: "EC2-VPC Elastic IPs", value: 5 },
  "L-F678F1CE": { service: "vpc", name: "VPCs per Region", value: 5 },
  "L-A4707A72": { service: "vpc", name: "Internet gateways per Region", value: 5 },
  "L-FE5A380F": { service: "vpc", name: "NAT gateways per Availability Zone", value: 5 },
  "L-407747CB": { service: "vpc", name: "Subnets per VPC", value: 200 },
  "L-E79EC296": { service: "vpc", name: "VPC security groups per Region", value: 2500 },
  "L-0EA8095F": { service: "vpc", name: "Inbound or outbound rules per security group", value: 60 },
  "L-2AFB9258": { service: "vpc", name: "Security groups per network interface", value: 5 },
  "L-69A177A2": { service: "elasticloadbalancing", name: "Network Load Balancers per Region", value: 50 },
} as const;

/** See {@link QUOTAS}. */
export type QuotaCode = keyof typeof QUOTAS;

/** Limits that count now. */
export type Quotas = Record<QuotaCode, number>;

/** Those of an account whose vCPUs were raised, as `up` needs them; the others are AWS's defaults. */
export function defaultQuotas(): Quotas {
  const all = Object.fromEntries(Object.entries(QUOTAS).map(([code, { value }]) => [code, value])) as Quotas;
  return { ...all, "L-1216C47A": 512 };
}

/**
 * vCPUs of an instance type.
 * Source: docs.aws.amazon.com, "Amazon EC2 instance types", specifications of general purpose, compute and memory
 * optimized instances. Graviton's `medium` has 1 (t4g's has 2).
 */
export function vcpus(instanceType: string): number {
  const [family = "", size = ""] = instanceType.split(".");
  const times = /^(\d+)xlarge$/.exec(size);
  if (times !== null) return 4 * Number(times[1]);
  if (size === "xlarge") return 4;
  if (size === "medium" && /\dg/.test(family) && !family.startsWith("t")) return 1;
  return 2;
}

/** Quotas that a stack can run into. Source: the consoles' lists of Service Quotas; codes and defaults as of 2026-11. */

/** What a quota counts. */
export type Counted = "vcpus" | "addresses" | "vpcs" | "gateways" | "natGateways" | "loadBalancers" | "rules";

/** A quota of an account in a region. */
export interface Quota {
  readonly counts: Counted;
  /** As AWS names it. */
  readonly name: string;
  readonly service: "ec2" | "vpc" | "elasticloadbalancing";
  readonly code: string;
  /** What a new account has. */
  readonly byDefault: number;
}

/** See {@link Quota}. */
export const QUOTAS: readonly Quota[] = [
  {
    counts: "vcpus",
    name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances, in vCPUs",
    service: "ec2",
    code: "L-1216C47A",
    byDefault: 5,
  },
  { counts: "addresses", name: "EC2-VPC Elastic IPs", service: "ec2", code: "L-0263D0A3", byDefault: 5 },
  { counts: "vpcs", name: "VPCs per Region", service: "vpc", code: "L-F678F1CE", byDefault: 5 },
  { counts: "gateways", name: "Internet gateways per Region", service: "vpc", code: "L-A4707A72", byDefault: 5 },
  {
    counts: "natGateways",
    name: "NAT gateways per Availability Zone",
    service: "vpc",
    code: "L-FE5A380F",
    byDefault: 5,
  },
  {
    counts: "loadBalancers",
    name: "Network Load Balancers per Region",
    service: "elasticloadbalancing",
    code: "L-69A177A2",
    byDefault: 50,
  },
  {
    counts: "rules",
    name: "Inbound or outbound rules per security group",
    service: "vpc",
    code: "L-0EA8095F",
    byDefault: 60,
  },
];

/** How a quota stands for a stack. */
export interface Standing {
  readonly quota: Quota;
  /** What the stack needs besides what is in use. */
  readonly more: number;
  /** What the whole account uses in the region, this stack included. */
  readonly inUse: number;
  readonly limit: number;
  /** The zone, for a quota that counts in each. */
  readonly zone?: string;
}

/** Whether AWS would refuse a part of the stack. */
export function isShort({ more, inUse, limit }: Standing): boolean {
  return more > 0 && inUse + more > limit;
}

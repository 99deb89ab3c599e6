/** vCPUs of instance types, where their names determine them. */

/**
 * Families whose vCPUs count for the quota of Standard instances. Source: EC2 user guide, "On-Demand Instance quotas":
 * "Standard (A, C, D, H, I, M, R, T, Z)"; Im and Is are I. Not Inf, Trn, DL, HPC, Mac, F, G, VT, P, X, U.
 */
const STANDARD = new Set(["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"]);

/** Burstable families: their small sizes have two vCPUs, but for those of t1 and t2. */
const BURSTABLE: Readonly<Record<string, number>> = { nano: 2, micro: 2, small: 2, medium: 2, large: 2 };

const SIZES: Readonly<Record<string, number>> = { medium: 1, large: 2, xlarge: 4 };

/** Whether an instance type counts for the quota of Standard instances. */
export function isStandard(instanceType: string): boolean {
  return STANDARD.has(/^[a-z]+/.exec(instanceType)?.[0] ?? "");
}

/** The vCPUs of an instance type; undefined where its name doesn't say: AWS has to be asked (`describe-instance-types`). */
export function vcpusOf(instanceType: string): number | undefined {
  const [family = "", size = ""] = instanceType.split(".");
  if (/^t(?:3a?|4g)$/.test(family) && BURSTABLE[size] !== undefined) return BURSTABLE[size];
  if (/^t[12]/.test(family) || !isStandard(instanceType)) return undefined;
  const many = /^(\d+)xlarge$/.exec(size)?.[1];
  return many === undefined ? SIZES[size] : Number(many) * 4;
}

import { awsCommand } from "../ask";
import { list } from "../../../cluster/words";
import type { Standing } from "./quotas";
import type { UnknownQuota } from "./standings";

/** What AWS would refuse, and the commands that request more. Pure. */
export function describeShort(stack: string, region: string, short: readonly Standing[]): string {
  return [
    `The account's quotas in ${region} are too small for the stack ${stack}:`,
    short.map((one) => `${line(one)}\n    ${request(one, region)}`).join("\n"),
    "An increase can take from minutes to days. What runs in the region and isn't needed counts as well.",
  ].join("\n\n");
}

/** A quota and its figures: `EC2-VPC Elastic IPs (ec2 L-0263D0A3): needs 4 more, 3 in use, limit 5`. */
function line({ quota, more, inUse, limit, zone }: Standing): string {
  const where = zone === undefined ? "" : ` in ${zone}`;
  return `  ${quota.name} (${quota.service} ${quota.code})${where}: needs ${more} more, ${inUse} in use, limit ${limit}`;
}

function request({ quota, more, inUse }: Standing, region: string): string {
  const options = ["--service-code", quota.service, "--quota-code", quota.code, "--desired-value", `${inUse + more}`];
  return awsCommand({ operation: ["service-quotas", "request-service-quota-increase"], region, options });
}

/** Quotas that couldn't be asked. One reason stands for all: it is mostly the same. Pure. */
export function describeUnknown(stack: string, region: string, unknown: readonly UnknownQuota[]): string {
  const names = list(unknown.map(({ quota }) => quota.name));
  return `These quotas of ${region}, which the stack ${stack} needs, weren't checked: ${names}. ${unknown[0]?.reason ?? ""}`;
}

/** The same after "not checked". */
export function unknownReason(unknown: readonly UnknownQuota[]): string {
  return `${list(unknown.map(({ quota }) => quota.name))}: ${unknown[0]?.reason ?? ""}`;
}

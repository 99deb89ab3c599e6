import type { z } from "zod";
import type { PlatformDefinition, StackConfigOf } from "../types";
import { awsProblems, awsInstanceWarnings } from "./rules";
import { keys, poolKeys } from "./schema";

/** Keys of this platform alone. */
export type AwsConfig = z.output<(typeof keys)["aws"]>;

/** A checked configuration of a stack on AWS. */
export type AwsStackConfig = StackConfigOf<"aws", typeof keys, typeof poolKeys>;

/** Hosts as EC2 instances. */
export const aws: PlatformDefinition<"aws", typeof keys, typeof poolKeys> = {
  where: "AWS",
  hosts: "instances of EC2",
  keys,
  poolKeys,
  defaults: {},
  // Security groups block DNS to name servers outside the VPC.
  propagation: ["skip"],
  backupBucket: true,
  takenRanges: [],
  keepsHostRange: false,
  rules: awsProblems,
  warnings: awsInstanceWarnings,
  zoneRanges: ({ aws: { network } }) =>
    network.subnets === undefined
      ? undefined
      : Object.fromEntries(Object.entries(network.subnets).map(([zone, both]) => [zone, both.private.cidr])),
};

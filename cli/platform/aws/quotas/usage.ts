/** What an account uses of its quotas in a region. */
import { z } from "zod";
import { AwsError, askAws } from "../ask";
import { instancesAnswer } from "../instances";
import type { Quota } from "./quotas";
import { isStandard, vcpusOf } from "./vcpus";

/** An instance that counts: those that are stopped don't, and spot instances have a quota of their own. */
export interface UsedInstance {
  readonly id: string;
  readonly vcpus: number;
}

const instancesSchema = instancesAnswer({
  InstanceId: z.string(),
  InstanceType: z.string(),
  InstanceLifecycle: z.string().optional(),
  State: z.object({ Name: z.string() }),
  CpuOptions: z.object({ CoreCount: z.number(), ThreadsPerCore: z.number() }).optional(),
});

/** States of instances whose vCPUs count. Source: EC2 user guide, "On-Demand Instance quotas". */
const COUNTING = ["pending", "running"];

/** The Standard instances that run on demand in a region, whosever they are. */
export async function usedInstances(region: string): Promise<UsedInstance[]> {
  const options = ["--filters", `Name=instance-state-name,Values=${COUNTING.join(",")}`];
  const { Reservations: found } = await askAws(
    { operation: ["ec2", "describe-instances"], region, options },
    instancesSchema,
  );
  return found
    .flatMap(({ Instances }) => Instances)
    .filter(({ State, InstanceType, InstanceLifecycle }) => {
      return COUNTING.includes(State.Name) && isStandard(InstanceType) && InstanceLifecycle !== "spot";
    })
    .map(({ InstanceId: id, InstanceType: type, CpuOptions: cpu }) => ({
      id,
      vcpus: cpu === undefined ? (vcpusOf(type) ?? 0) : cpu.CoreCount * cpu.ThreadsPerCore,
    }));
}

const typesSchema = z.object({
  InstanceTypes: z.array(z.object({ InstanceType: z.string(), VCpuInfo: z.object({ DefaultVCpus: z.number() }) })),
});

/** vCPUs of instance types; AWS is asked for those whose names don't say. */
export async function vcpusOfAll(types: readonly string[], region: string): Promise<Readonly<Record<string, number>>> {
  const asked = types.filter((type) => vcpusOf(type) === undefined);
  const { InstanceTypes: told } =
    asked.length === 0
      ? { InstanceTypes: [] }
      : await askAws(
          { operation: ["ec2", "describe-instance-types"], region, options: ["--instance-types", ...asked] },
          typesSchema,
        );
  return Object.fromEntries([
    ...types.map((type) => [type, vcpusOf(type) ?? 0]),
    ...told.map(({ InstanceType, VCpuInfo }) => [InstanceType, VCpuInfo.DefaultVCpus]),
  ]) as Record<string, number>;
}

/** Ids of the Elastic IPs in a region. */
export async function usedAddresses(region: string): Promise<string[]> {
  const answer = z.object({ Addresses: z.array(z.object({ AllocationId: z.string() })) });
  const { Addresses } = await askAws({ operation: ["ec2", "describe-addresses"], region }, answer);
  return Addresses.map(({ AllocationId }) => AllocationId);
}

/** Ids of the VPCs in a region. */
export async function usedVpcs(region: string): Promise<string[]> {
  const answer = z.object({ Vpcs: z.array(z.object({ VpcId: z.string() })) });
  return (await askAws({ operation: ["ec2", "describe-vpcs"], region }, answer)).Vpcs.map(({ VpcId }) => VpcId);
}

/** Ids of the internet gateways in a region. */
export async function usedGateways(region: string): Promise<string[]> {
  const answer = z.object({ InternetGateways: z.array(z.object({ InternetGatewayId: z.string() })) });
  const { InternetGateways } = await askAws({ operation: ["ec2", "describe-internet-gateways"], region }, answer);
  return InternetGateways.map(({ InternetGatewayId }) => InternetGatewayId);
}

/** States of NAT gateways that count. Source: VPC user guide, "Amazon VPC quotas": pending, active and deleting ones. */
const NATS = "Name=state,Values=pending,available,deleting";

/** The NAT gateways in a region, and the zone of each. */
export async function usedNatGateways(region: string): Promise<{ readonly id: string; readonly zone: string }[]> {
  const [{ NatGateways: nats }, { Subnets: subnets }] = await Promise.all([
    askAws(
      { operation: ["ec2", "describe-nat-gateways"], region, options: ["--filter", NATS] },
      z.object({ NatGateways: z.array(z.object({ NatGatewayId: z.string(), SubnetId: z.string().optional() })) }),
    ),
    askAws(
      { operation: ["ec2", "describe-subnets"], region },
      z.object({ Subnets: z.array(z.object({ SubnetId: z.string(), AvailabilityZone: z.string() })) }),
    ),
  ]);
  const zones = new Map(subnets.map(({ SubnetId, AvailabilityZone }) => [SubnetId, AvailabilityZone]));
  return nats.map(({ NatGatewayId: id, SubnetId = "" }) => ({ id, zone: zones.get(SubnetId) ?? "" }));
}

/** ARNs of the network load balancers in a region. */
export async function usedLoadBalancers(region: string): Promise<string[]> {
  const answer = z.object({ LoadBalancers: z.array(z.object({ LoadBalancerArn: z.string(), Type: z.string() })) });
  const { LoadBalancers } = await askAws({ operation: ["elbv2", "describe-load-balancers"], region }, answer);
  return LoadBalancers.filter(({ Type }) => Type === "network").map(({ LoadBalancerArn }) => LoadBalancerArn);
}

const quotaSchema = z.object({ Quota: z.object({ Value: z.number() }) });

/** The limit of an account in a region. */
export async function limitOf({ service, code }: Quota, region: string): Promise<number> {
  const options = ["--service-code", service, "--quota-code", code];
  try {
    const answer = await askAws({ operation: ["service-quotas", "get-service-quota"], region, options }, quotaSchema);
    return answer.Quota.Value;
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "NoSuchResourceException") throw error;
    // An account that never asked for another limit may have none of its own.
    const operation = ["service-quotas", "get-aws-default-service-quota"] as const;
    return (await askAws({ operation, region, options }, quotaSchema)).Quota.Value;
  }
}

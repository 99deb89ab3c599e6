/** EC2 instances: launch, stop and start, termination. */
import { z } from "zod";
import { architectureOf } from "../../../config/platforms/aws/instance-types";
import { parseRange, toNumber } from "../../../plan/ipv4";
import { arnOf, type Cloud } from "./cloud";
import { isRefusal, refusals } from "./errors";
import { newId } from "./ids";
import type { Fields, Kind, Kinds } from "./kind";
import { vcpus } from "./quotas";
import { freeAddress, isReservedByAws, takenIn } from "./ranges";
import type { Kept } from "./state";
import { tagsOf } from "./tags";
import { needSubnet, type Subnet } from "./vpc";

/** An instance; a terminated one stays in the table, as it stays visible on AWS. */
export interface Instance extends Kept {
  readonly vpc: string;
  readonly subnet: string;
  readonly zone: string;
  readonly address: string;
  readonly image: string;
  readonly architecture: "amd64" | "arm64";
  type: string;
  groups: readonly string[];
  profile?: string | undefined;
  userData: string;
  metadataHops: number;
  state: "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";
  /** Real milliseconds since 1970. */
  launched: number;
  /** When it was terminated, real milliseconds since 1970. */
  ended?: number;
  /** Settles when its container runs. */
  running: Promise<void>;
  /** Settles when it has ended. */
  terminating?: Promise<void>;
}

const refuse = refusals("EC2");

/** Bytes of user data before it is encoded. Source: docs.aws.amazon.com, "Run commands when you launch an EC2 instance". */
const MAX_USER_DATA = 16_384;

const inputsOf = z.object({
  ami: z.string(),
  instanceType: z.string(),
  subnetId: z.string(),
  privateIp: z.string().optional(),
  vpcSecurityGroupIds: z.array(z.string()).default([]),
  iamInstanceProfile: z.string().optional(),
  userData: z.string().default(""),
  metadataOptions: z.object({ httpPutResponseHopLimit: z.number().default(1) }).prefault({}),
});

type Inputs = z.infer<typeof inputsOf>;

/** Whether an instance counts: it has a network interface. */
export function isThere(instance: Instance): boolean {
  return instance.state !== "terminated";
}

function checkGroups(cloud: Cloud, operation: string, subnet: Subnet, groups: readonly string[]): readonly string[] {
  const { groups: known, vpcs } = cloud.state;
  if (groups.length === 0) return [vpcs.get(subnet.vpc)?.defaultGroup ?? ""];
  for (const id of groups) {
    const group = known.get(id);
    if (group === undefined)
      throw refuse(operation, "InvalidGroup.NotFound", `The security group '${id}' does not exist`);
    if (group.vpc !== subnet.vpc)
      throw refuse(
        operation,
        "InvalidParameter",
        `Security group ${id} and subnet ${subnet.id} belong to different networks.`,
      );
  }
  if (groups.length > cloud.quotas["L-2AFB9258"])
    throw refuse(
      operation,
      "SecurityGroupsPerInterfaceLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    );
  return groups;
}

/** EC2 sees a profile some seconds after IAM has made it. */
function checkProfile(cloud: Cloud, operation: string, name: string | undefined): void {
  if (name === undefined) return;
  const profile = [...cloud.state.profiles.values()].find((one) => one.name === name);
  if (profile === undefined || cloud.clock.now() < profile.visible)
    throw refuse(
      operation,
      "InvalidParameterValue",
      `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  if (profile.role === undefined)
    throw refuse(
      operation,
      "InvalidParameterValue",
      `IAM Instance Profile "${profile.arn}" has no associated IAM Roles`,
    );
}

function pickAddress(cloud: Cloud, subnet: Subnet, wanted: string | undefined): string {
  const operation = "RunInstances";
  if (wanted === undefined) {
    const free = freeAddress(cloud, subnet);
    if (free !== undefined) return free;
    throw refuse(
      operation,
      "InsufficientFreeAddressesInSubnet",
      `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
    );
  }
  const { first, last } = parseRange(subnet.cidr);
  const number = toNumber(wanted);
  if (number < first || number > last)
    throw refuse(
      operation,
      "InvalidParameterValue",
      `Address ${wanted} does not fall within the subnet's address range`,
    );
  if (isReservedByAws(subnet, wanted))
    throw refuse(operation, "InvalidParameterValue", `Address ${wanted} is in subnet's reserved address range`);
  if (takenIn(cloud, subnet.id).has(wanted))
    throw refuse(operation, "InvalidIPAddress.InUse", `Address ${wanted} is in use.`);
  return wanted;
}

/** vCPUs that running instances use; all types of the program are in the Standard family. */
export function vcpusInUse(cloud: Cloud): number {
  return [...cloud.state.instances.values()]
    .filter(({ state }) => ["pending", "running", "stopping", "shutting-down"].includes(state))
    .reduce((sum, { type }) => sum + vcpus(type), 0);
}

/**
 * RunInstances. Source: API reference, "Error codes for the Amazon EC2 API"; for `VcpuLimitExceeded`, docs.aws.amazon.com,
 * "Troubleshoot instance launch issues".
 */
function launch(cloud: Cloud, inputs: Inputs, tags: Kept["tags"], images: ImageIndex): Instance {
  const operation = "RunInstances";
  const subnet = needSubnet(cloud, operation, inputs.subnetId);
  const image = images.get(inputs.ami);
  if (image === undefined)
    throw refuse(operation, "InvalidAMIID.NotFound", `The image id '[${inputs.ami}]' does not exist`);
  const architecture = architectureOf(inputs.instanceType) ?? image.architecture;
  if (architecture !== image.architecture)
    throw refuse(
      operation,
      "InvalidParameterValue",
      `The architecture '${architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI.`,
    );
  if (cloud.faults.notOffered.has(`${inputs.instanceType} ${subnet.zone}`))
    throw refuse(
      operation,
      "Unsupported",
      `Your requested instance type (${inputs.instanceType}) is not supported in your requested Availability Zone (${subnet.zone}). Please retry your request by not specifying an Availability Zone or choosing ${cloud.zones.filter((zone) => zone !== subnet.zone).join(", ")}.`,
    );
  const groups = checkGroups(cloud, operation, subnet, inputs.vpcSecurityGroupIds);
  checkProfile(cloud, operation, inputs.iamInstanceProfile);
  if (Buffer.byteLength(inputs.userData) > MAX_USER_DATA)
    throw refuse(operation, "InvalidParameterValue", `User data is limited to ${String(MAX_USER_DATA)} bytes`);
  const limit = cloud.quotas["L-1216C47A"];
  if (vcpusInUse(cloud) + vcpus(inputs.instanceType) > limit)
    throw refuse(
      operation,
      "VcpuLimitExceeded",
      `You have requested more vCPU capacity than your current vCPU limit of ${String(limit)} allows for the instance bucket that the specified instance type belongs to.`,
    );
  const address = pickAddress(cloud, subnet, inputs.privateIp);
  if (cloud.faults.withoutCapacity.has(subnet.zone))
    throw refuse(
      operation,
      "InsufficientInstanceCapacity",
      `We currently do not have sufficient ${inputs.instanceType} capacity in the Availability Zone you requested (${subnet.zone}).`,
      500,
    );
  const id = newId("i");
  const instance: Instance = {
    id,
    arn: arnOf(cloud, "ec2", `instance/${id}`),
    tags,
    vpc: subnet.vpc,
    subnet: subnet.id,
    zone: subnet.zone,
    address,
    image: inputs.ami,
    architecture,
    type: inputs.instanceType,
    groups,
    profile: inputs.iamInstanceProfile,
    userData: inputs.userData,
    metadataHops: inputs.metadataOptions.httpPutResponseHopLimit,
    state: "pending",
    launched: cloud.clock.now(),
    running: Promise.resolve(),
  };
  cloud.state.instances.set(id, instance);
  instance.running = start(cloud, instance);
  instance.running.catch(() => undefined);
  return instance;
}

async function start(cloud: Cloud, instance: Instance): Promise<void> {
  if (cloud.faults.withoutPackages.has(instance.tags["swarm-ha.host"] ?? ""))
    await cloud.substrate.failPackages(instance.id, true);
  // Its packet filter comes first: it boots behind it.
  cloud.network.expect(instance.id);
  await cloud.network.changed();
  await cloud.substrate.launch({
    id: instance.id,
    vpc: instance.vpc,
    address: instance.address,
    architecture: instance.architecture,
    metadataHops: instance.metadataHops,
    labels: { ...instance.tags },
  });
  await cloud.clock.wait(10);
  if (instance.state === "pending") instance.state = "running";
}

/** TerminateInstances: returns at once; the address is held until the instance has ended. */
export function terminate(cloud: Cloud, instance: Instance): Promise<void> {
  if (instance.terminating !== undefined) return instance.terminating;
  instance.state = "shutting-down";
  const end = async (): Promise<void> => {
    await instance.running.catch(() => undefined);
    await Promise.all([cloud.substrate.terminate(instance.id), cloud.clock.wait(cloud.faults.terminationTime)]);
    instance.state = "terminated";
    instance.ended = cloud.clock.now();
    cloud.state.gone.push({ arn: instance.arn, tags: instance.tags, at: instance.ended });
    // AWS takes terminated instances out of target groups, and their Elastic IPs off them.
    for (const group of cloud.state.targetGroups.values())
      group.targets = group.targets.filter(({ id }) => id !== instance.id);
    for (const one of cloud.state.addresses.values())
      if (one.instance === instance.id) one.instance = one.association = undefined;
    cloud.network.ended(instance.id);
    await cloud.network.changed();
  };
  instance.terminating = end();
  instance.terminating.catch(() => undefined);
  return instance.terminating;
}

/** Changes that AWS makes to a stopped instance only: the provider stops and starts it. */
async function restartWith(cloud: Cloud, instance: Instance, change: () => void): Promise<void> {
  instance.state = "stopping";
  await cloud.substrate.stop(instance.id);
  await cloud.clock.wait(30);
  instance.state = "stopped";
  change();
  await cloud.substrate.start(instance.id);
  await cloud.clock.wait(10);
  instance.state = "running";
}

/** What knows images. */
export interface ImageIndex {
  get(id: string): { readonly architecture: "amd64" | "arm64" } | undefined;
}

/**
 * What terraform-provider-aws forgives in RunInstances (internal/service/ec2/ec2_instance.go and service_package_extra.go):
 * a profile that isn't visible yet, for 2 minutes, and too little capacity, for the SDK's 25 attempts (about 7 minutes).
 */
async function launchPatiently(
  cloud: Cloud,
  inputs: Inputs,
  tags: Kept["tags"],
  images: ImageIndex,
): Promise<Instance> {
  const { clock } = cloud;
  const ofProfile = (error: unknown): boolean =>
    isRefusal(error, "InvalidParameterValue") &&
    /Invalid IAM Instance Profile|has no associated IAM Roles/.test(error.text);
  const ofCapacity = (error: unknown): boolean => isRefusal(error, "InsufficientInstanceCapacity");
  return clock.retry(420, ofCapacity, () => clock.retry(120, ofProfile, () => launch(cloud, inputs, tags, images)));
}

function instanceKind(cloud: Cloud, images: ImageIndex): Kind {
  const { state } = cloud;
  const outputs = (one: Instance): Fields => ({
    arn: one.arn,
    privateIp: one.address,
    privateDns: `ip-${one.address.replaceAll(".", "-")}.${cloud.region}.compute.internal`,
    availabilityZone: one.zone,
    instanceState: one.state,
    primaryNetworkInterfaceId: `eni-${one.id.slice(2)}`,
  });
  return {
    async create(fields) {
      const instance = await launchPatiently(cloud, inputsOf.parse(fields), tagsOf(fields), images);
      await instance.running;
      if (instance.state !== "running")
        throw refuse(
          "DescribeInstances",
          "IncorrectInstanceState",
          `unexpected state '${instance.state}', wanted 'running'`,
        );
      return { id: instance.id, outputs: outputs(instance) };
    },
    read(id) {
      const instance = state.instances.get(id);
      return instance === undefined || !isThere(instance) ? undefined : outputs(instance);
    },
    async update(id, fields) {
      const operation = "ModifyInstanceAttribute";
      const instance = state.instances.get(id);
      if (instance === undefined || !isThere(instance))
        throw refuse(operation, "InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
      const inputs = inputsOf.parse(fields);
      const subnet = needSubnet(cloud, operation, instance.subnet);
      instance.groups = checkGroups(cloud, operation, subnet, inputs.vpcSecurityGroupIds);
      checkProfile(cloud, "AssociateIamInstanceProfile", inputs.iamInstanceProfile);
      instance.profile = inputs.iamInstanceProfile;
      instance.metadataHops = inputs.metadataOptions.httpPutResponseHopLimit;
      instance.tags = tagsOf(fields);
      if (inputs.userData !== instance.userData || inputs.instanceType !== instance.type)
        await restartWith(cloud, instance, () => {
          [instance.userData, instance.type] = [inputs.userData, inputs.instanceType];
        });
      await cloud.network.changed();
      return outputs(instance);
    },
    async delete(id) {
      const instance = state.instances.get(id);
      if (instance !== undefined && isThere(instance)) await terminate(cloud, instance);
    },
  };
}

/** The kinds of this file. */
export function instanceKinds(cloud: Cloud, images: ImageIndex): Kinds {
  return { "ec2/instance:Instance": instanceKind(cloud, images) };
}

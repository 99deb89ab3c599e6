/** VPCs, subnets, CIDR reservations and gateway endpoints. */
import { z } from "zod";
import { overlaps, parseRange } from "../../../plan/ipv4";
import { arnOf, type Cloud } from "./cloud";
import { isRefusal, refusals } from "./errors";
import { newHex, newId } from "./ids";
import type { Kinds } from "./kind";
import { within } from "./ranges";
import type { Kept } from "./state";
import { tagsOf } from "./tags";
import { defaultGroup } from "./security-groups";
import { mainTable } from "./routing";

/** A VPC. */
export interface Vpc extends Kept {
  readonly cidr: string;
  hostnames: boolean;
  support: boolean;
  readonly mainTable: string;
  readonly defaultGroup: string;
}

/** A subnet. */
export interface Subnet extends Kept {
  readonly vpc: string;
  readonly cidr: string;
  readonly zone: string;
}

/** A part of a subnet that AWS gives out on request only. */
export interface Reservation extends Kept {
  readonly subnet: string;
  readonly cidr: string;
}

/** A gateway endpoint. */
export interface Endpoint extends Kept {
  readonly vpc: string;
  readonly service: string;
  readonly prefixList: string;
  tables: readonly string[];
}

const refuse = refusals("EC2");
const violation = (error: unknown): boolean => isRefusal(error, "DependencyViolation");

const vpcInputs = z.object({
  cidrBlock: z.string(),
  enableDnsHostnames: z.boolean().default(false),
  enableDnsSupport: z.boolean().default(true),
});
const subnetInputs = z.object({ vpcId: z.string(), cidrBlock: z.string(), availabilityZone: z.string().optional() });
const reservationInputs = z.object({ subnetId: z.string(), cidrBlock: z.string(), reservationType: z.string() });
const endpointInputs = z.object({
  vpcId: z.string(),
  serviceName: z.string(),
  vpcEndpointType: z.string().default("Gateway"),
  routeTableIds: z.array(z.string()).default([]),
});

/** A VPC that must exist. @throws AwsError */
export function needVpc(cloud: Cloud, operation: string, id: string): Vpc {
  const vpc = cloud.state.vpcs.get(id);
  if (vpc === undefined) throw refuse(operation, "InvalidVpcID.NotFound", `The vpc ID '${id}' does not exist`);
  return vpc;
}

/** A subnet that must exist. @throws AwsError */
export function needSubnet(cloud: Cloud, operation: string, id: string): Subnet {
  const subnet = cloud.state.subnets.get(id);
  if (subnet === undefined) throw refuse(operation, "InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);
  return subnet;
}

function vpcOutputs(cloud: Cloud, vpc: Vpc) {
  return {
    arn: vpc.arn,
    defaultSecurityGroupId: vpc.defaultGroup,
    mainRouteTableId: vpc.mainTable,
    defaultRouteTableId: vpc.mainTable,
    ownerId: cloud.account,
  };
}

async function createVpc(cloud: Cloud, fields: Record<string, unknown>): Promise<Vpc> {
  const inputs = vpcInputs.parse(fields);
  const { state } = cloud;
  const { prefix } = parseRange(inputs.cidrBlock);
  if (prefix < 16 || prefix > 28)
    throw refuse("CreateVpc", "InvalidVpc.Range", `The CIDR '${inputs.cidrBlock}' is invalid.`);
  if (state.vpcs.size >= cloud.quotas["L-F678F1CE"])
    throw refuse("CreateVpc", "VpcLimitExceeded", "The maximum number of VPCs has been reached.");
  const id = newId("vpc");
  const vpc: Vpc = {
    id,
    arn: arnOf(cloud, "ec2", `vpc/${id}`),
    tags: tagsOf(fields),
    cidr: inputs.cidrBlock,
    hostnames: inputs.enableDnsHostnames,
    support: inputs.enableDnsSupport,
    mainTable: mainTable(cloud, id),
    defaultGroup: defaultGroup(cloud, id),
  };
  await cloud.substrate.createVpc(id, vpc.cidr);
  state.vpcs.set(id, vpc);
  return vpc;
}

/**
 * DeleteVpc. The main route table and the default group go with it; everything else is in its way.
 * Source: API reference, DeleteVpc.
 */
async function deleteVpc(cloud: Cloud, id: string): Promise<void> {
  const { state } = cloud;
  const vpc = state.vpcs.get(id);
  if (vpc === undefined) return;
  const of = <T extends { readonly vpc: string }>(table: Map<string, T>): T[] =>
    [...table.values()].filter((one) => one.vpc === id);
  const there = [
    ...of(state.subnets),
    ...[...state.gateways.values()].filter((one) => one.vpc === id),
    ...of(state.endpoints),
    ...of(state.routeTables).filter((one) => one.id !== vpc.mainTable),
    ...of(state.groups).filter((one) => one.id !== vpc.defaultGroup),
  ];
  if (there.length > 0)
    throw refuse(
      "DeleteVpc",
      "DependencyViolation",
      `The vpc '${id}' has dependencies and cannot be deleted. (${there.map((one) => one.id).join(", ")})`,
    );
  state.forget(state.vpcs, id);
  state.forget(state.routeTables, vpc.mainTable);
  state.forget(state.groups, vpc.defaultGroup);
  await cloud.substrate.deleteVpc(id);
}

function createSubnet(cloud: Cloud, fields: Record<string, unknown>): Subnet {
  const { vpcId, cidrBlock, availabilityZone = cloud.zones[0] ?? "" } = subnetInputs.parse(fields);
  const vpc = needVpc(cloud, "CreateSubnet", vpcId);
  const range = parseRange(cidrBlock);
  if (!cloud.zones.includes(availabilityZone))
    throw refuse(
      "CreateSubnet",
      "InvalidParameterValue",
      `Value (${availabilityZone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${cloud.zones.join(", ")}.`,
    );
  if (range.prefix < 16 || range.prefix > 28 || !within(range, parseRange(vpc.cidr)))
    throw refuse("CreateSubnet", "InvalidSubnet.Range", `The CIDR '${cidrBlock}' is invalid.`);
  const others = [...cloud.state.subnets.values()].filter((one) => one.vpc === vpcId);
  if (others.some((one) => overlaps(parseRange(one.cidr), range)))
    throw refuse("CreateSubnet", "InvalidSubnet.Conflict", `The CIDR '${cidrBlock}' conflicts with another subnet`);
  const id = newId("subnet");
  const subnet: Subnet = {
    id,
    arn: arnOf(cloud, "ec2", `subnet/${id}`),
    tags: tagsOf(fields),
    vpc: vpcId,
    cidr: cidrBlock,
    zone: availabilityZone,
  };
  cloud.state.subnets.set(id, subnet);
  return subnet;
}

/** What has a network interface in a subnet: its id. */
function usersOf(cloud: Cloud, subnet: string): string[] {
  const { instances, natGateways, balancers } = cloud.state;
  return [
    ...[...instances.values()].filter((one) => one.subnet === subnet && one.state !== "terminated"),
    ...[...natGateways.values()].filter((one) => one.subnet === subnet),
    ...[...balancers.values()].filter((one) => one.interfaces.some((face) => face.subnet === subnet)),
  ].map(({ id }) => id);
}

/** DeleteSubnet. Source: API reference: "You must terminate all running instances in the subnet before you can delete it". */
function deleteSubnet(cloud: Cloud, id: string): void {
  const { state } = cloud;
  if (!state.subnets.has(id)) return;
  const users = usersOf(cloud, id);
  if (users.length > 0)
    throw refuse(
      "DeleteSubnet",
      "DependencyViolation",
      `The subnet '${id}' has dependencies and cannot be deleted. (${users.join(", ")})`,
    );
  for (const one of [...state.associations.values()]) if (one.subnet === id) state.associations.delete(one.id);
  for (const one of [...state.reservations.values()]) if (one.subnet === id) state.forget(state.reservations, one.id);
  state.forget(state.subnets, id);
}

function createReservation(cloud: Cloud, fields: Record<string, unknown>): Reservation {
  const { subnetId, cidrBlock } = reservationInputs.parse(fields);
  const operation = "CreateSubnetCidrReservation";
  const subnet = needSubnet(cloud, operation, subnetId);
  const range = parseRange(cidrBlock);
  if (!within(range, parseRange(subnet.cidr)))
    throw refuse(operation, "InvalidParameterValue", `The CIDR '${cidrBlock}' is not within the subnet's CIDR.`);
  const others = [...cloud.state.reservations.values()].filter((one) => one.subnet === subnetId);
  if (others.some((one) => overlaps(parseRange(one.cidr), range)))
    throw refuse(operation, "InvalidParameterValue", `The CIDR '${cidrBlock}' overlaps with an existing reservation.`);
  const id = newId("scr");
  const made = { id, arn: arnOf(cloud, "ec2", `subnet-cidr-reservation/${id}`), tags: {}, subnet: subnetId };
  cloud.state.reservations.set(id, { ...made, cidr: cidrBlock });
  return { ...made, cidr: cidrBlock };
}

function createEndpoint(cloud: Cloud, fields: Record<string, unknown>): Endpoint {
  const { vpcId, serviceName, vpcEndpointType, routeTableIds } = endpointInputs.parse(fields);
  const operation = "CreateVpcEndpoint";
  needVpc(cloud, operation, vpcId);
  if (vpcEndpointType !== "Gateway" || serviceName !== `com.amazonaws.${cloud.region}.s3`)
    throw refuse(operation, "InvalidServiceName", `The Vpc Endpoint Service '${serviceName}' does not exist`);
  for (const table of routeTableIds)
    if (!cloud.state.routeTables.has(table))
      throw refuse(operation, "InvalidRouteTableId.NotFound", `The routeTable ID '${table}' does not exist`);
  const others = [...cloud.state.endpoints.values()].filter((one) => one.service === serviceName);
  const twice = routeTableIds.find((table) => others.some(({ tables }) => tables.includes(table)));
  if (twice !== undefined)
    throw refuse(
      operation,
      "RouteAlreadyExists",
      `route table ${twice} already has a route with destination-prefix-list-id of ${serviceName}`,
    );
  const id = newId("vpce");
  const made: Endpoint = {
    id,
    arn: arnOf(cloud, "ec2", `vpc-endpoint/${id}`),
    tags: tagsOf(fields),
    vpc: vpcId,
    service: serviceName,
    prefixList: `pl-${newHex(8)}`,
    tables: routeTableIds,
  };
  cloud.state.endpoints.set(id, made);
  return made;
}

/** The kinds of this file. */
export function vpcKinds(cloud: Cloud): Kinds {
  const { state, clock } = cloud;
  return {
    "ec2/vpc:Vpc": {
      async create(inputs) {
        const vpc = await createVpc(cloud, inputs);
        return { id: vpc.id, outputs: vpcOutputs(cloud, vpc) };
      },
      read(id) {
        const vpc = state.vpcs.get(id);
        return vpc === undefined ? undefined : vpcOutputs(cloud, vpc);
      },
      update(id, fields) {
        const vpc = needVpc(cloud, "ModifyVpcAttribute", id);
        const inputs = vpcInputs.parse(fields);
        [vpc.hostnames, vpc.support] = [inputs.enableDnsHostnames, inputs.enableDnsSupport];
        vpc.tags = tagsOf(fields);
        return Promise.resolve(vpcOutputs(cloud, vpc));
      },
      // internal/service/ec2/vpc_.go: DependencyViolation is retried for 5 minutes.
      delete: (id) => clock.retry(300, violation, () => deleteVpc(cloud, id)),
    },
    "ec2/subnet:Subnet": {
      async create(inputs) {
        const { id, arn, zone } = createSubnet(cloud, inputs);
        await cloud.network.changed();
        return { id, outputs: { arn, availabilityZone: zone, ownerId: cloud.account } };
      },
      read(id) {
        const subnet = state.subnets.get(id);
        return subnet && { arn: subnet.arn, availabilityZone: subnet.zone, ownerId: cloud.account };
      },
      update(id, inputs) {
        needSubnet(cloud, "CreateTags", id).tags = tagsOf(inputs);
        return Promise.resolve({});
      },
      // internal/service/ec2/vpc_subnet.go: DependencyViolation is retried for 20 minutes.
      async delete(id) {
        await clock.retry(1200, violation, () => {
          deleteSubnet(cloud, id);
        });
        await cloud.network.changed();
      },
    },
    "ec2/subnetCidrReservation:SubnetCidrReservation": {
      create: (inputs) =>
        Promise.resolve({ id: createReservation(cloud, inputs).id, outputs: { ownerId: cloud.account } }),
      read: (id) => (state.reservations.has(id) ? { ownerId: cloud.account } : undefined),
      update: () => Promise.resolve({}),
      delete(id) {
        state.forget(state.reservations, id);
        return Promise.resolve();
      },
    },
    "ec2/vpcEndpoint:VpcEndpoint": {
      create(inputs) {
        const { id, arn, prefixList } = createEndpoint(cloud, inputs);
        return Promise.resolve({ id, outputs: { arn, prefixListId: prefixList, state: "available" } });
      },
      read(id) {
        const made = state.endpoints.get(id);
        return made && { arn: made.arn, prefixListId: made.prefixList, state: "available" };
      },
      update(id, fields) {
        const made = state.endpoints.get(id);
        if (made === undefined)
          throw refuse(
            "ModifyVpcEndpoint",
            "InvalidVpcEndpointId.NotFound",
            `The Vpc Endpoint Id '${id}' does not exist`,
          );
        made.tables = endpointInputs.parse(fields).routeTableIds;
        made.tags = tagsOf(fields);
        return Promise.resolve({});
      },
      async delete(id) {
        await clock.wait(2);
        state.forget(state.endpoints, id);
      },
    },
  };
}

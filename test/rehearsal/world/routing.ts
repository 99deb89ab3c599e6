/** Internet gateways, route tables, routes and their associations. */
import { z } from "zod";
import { parseRange } from "../../../plan/ipv4";
import { arnOf, type Cloud } from "./cloud";
import { isRefusal, refusals } from "./errors";
import { newId } from "./ids";
import type { Fields, Kind, Kinds } from "./kind";
import type { Kept } from "./state";
import { tagsOf } from "./tags";
import { needSubnet, needVpc } from "./vpc";

/** An internet gateway. */
export interface Gateway extends Kept {
  vpc?: string | undefined;
}

/** Where a route leads to. */
export interface Target {
  readonly gatewayId?: string | undefined;
  readonly natGatewayId?: string | undefined;
}

/** A route table with its routes by destination; the local route is implied. */
export interface RouteTable extends Kept {
  readonly vpc: string;
  readonly routes: Map<string, Target>;
}

/** A subnet's route table. */
export interface Association {
  readonly id: string;
  readonly subnet: string;
  table: string;
}

const refuse = refusals("EC2");
const violation = (error: unknown): boolean => isRefusal(error, "DependencyViolation");

/** Makes the main route table of a VPC. @returns its id */
export function mainTable(cloud: Cloud, vpc: string): string {
  const id = newId("rtb");
  const arn = arnOf(cloud, "ec2", `route-table/${id}`);
  cloud.state.routeTables.set(id, { id, arn, tags: {}, vpc, routes: new Map() });
  return id;
}

/** The routes that count for a subnet: of its own table, else of the VPC's main one. */
export function routesOf(cloud: Cloud, subnet: string): ReadonlyMap<string, Target> {
  const { associations, subnets, vpcs, routeTables } = cloud.state;
  const own = [...associations.values()].find((one) => one.subnet === subnet)?.table;
  const main = vpcs.get(subnets.get(subnet)?.vpc ?? "")?.mainTable;
  return routeTables.get(own ?? main ?? "")?.routes ?? new Map<string, Target>();
}

/** Whether a subnet's default route leads to an internet gateway. */
export function isPublic(cloud: Cloud, subnet: string): boolean {
  return routesOf(cloud, subnet).get("0.0.0.0/0")?.gatewayId !== undefined;
}

/** The gateway of a VPC; undefined while there is none. */
export function gatewayOf(cloud: Cloud, vpc: string): Gateway | undefined {
  return [...cloud.state.gateways.values()].find((one) => one.vpc === vpc);
}

function attach(cloud: Cloud, gateway: Gateway, vpc: string): void {
  needVpc(cloud, "AttachInternetGateway", vpc);
  const there = gatewayOf(cloud, vpc);
  if (there !== undefined)
    throw refuse(
      "AttachInternetGateway",
      "Resource.AlreadyAssociated",
      `Network ${vpc} already has an internet gateway attached`,
    );
  gateway.vpc = vpc;
}

/**
 * DetachInternetGateway. Source: API reference: "The VPC must not contain any running instances with Elastic IP addresses
 * or public IPv4 addresses"; load balancers' and NAT gateways' public addresses count as well.
 */
function detach(cloud: Cloud, gateway: Gateway): void {
  const { vpc } = gateway;
  if (vpc === undefined) return;
  const { addresses, instances, natGateways, balancers } = cloud.state;
  const mapped = [
    ...[...addresses.values()].filter((one) => instances.get(one.instance ?? "")?.vpc === vpc),
    ...[...natGateways.values()].filter((one) => one.vpc === vpc),
    ...[...balancers.values()].filter((one) => one.vpc === vpc && !one.internal),
  ];
  if (mapped.length > 0)
    throw refuse(
      "DetachInternetGateway",
      "DependencyViolation",
      `Network ${vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway. (${mapped.map(({ id }) => id).join(", ")})`,
    );
  gateway.vpc = undefined;
}

function gatewayKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  return {
    async create(inputs) {
      if (state.gateways.size >= cloud.quotas["L-A4707A72"])
        throw refuse(
          "CreateInternetGateway",
          "InternetGatewayLimitExceeded",
          "The maximum number of internet gateways has been reached.",
        );
      const id = newId("igw");
      const arn = arnOf(cloud, "ec2", `internet-gateway/${id}`);
      const gateway: Gateway = { id, arn, tags: tagsOf(inputs) };
      state.gateways.set(id, gateway);
      const { vpcId } = z.object({ vpcId: z.string().optional() }).parse(inputs);
      if (vpcId !== undefined) attach(cloud, gateway, vpcId);
      await cloud.network.changed();
      return { id, outputs: { arn, ownerId: cloud.account } };
    },
    read(id) {
      const gateway = state.gateways.get(id);
      return gateway && { arn: gateway.arn, ownerId: cloud.account };
    },
    update(id, inputs) {
      const gateway = state.gateways.get(id);
      if (gateway !== undefined) gateway.tags = tagsOf(inputs);
      return Promise.resolve({});
    },
    // internal/service/ec2/vpc_internet_gateway.go: DependencyViolation is retried for 20 minutes.
    async delete(id) {
      const gateway = state.gateways.get(id);
      if (gateway === undefined) return;
      await clock.retry(1200, violation, () => {
        detach(cloud, gateway);
      });
      state.forget(state.gateways, id);
      await cloud.network.changed();
    },
  };
}

function tableKind(cloud: Cloud): Kind {
  const { state } = cloud;
  return {
    create(inputs) {
      const { vpcId } = z.object({ vpcId: z.string() }).parse(inputs);
      needVpc(cloud, "CreateRouteTable", vpcId);
      const id = newId("rtb");
      const arn = arnOf(cloud, "ec2", `route-table/${id}`);
      state.routeTables.set(id, { id, arn, tags: tagsOf(inputs), vpc: vpcId, routes: new Map() });
      return Promise.resolve({ id, outputs: { arn, ownerId: cloud.account } });
    },
    read(id) {
      const table = state.routeTables.get(id);
      return table && { arn: table.arn, ownerId: cloud.account };
    },
    update(id, inputs) {
      const table = state.routeTables.get(id);
      if (table !== undefined) table.tags = tagsOf(inputs);
      return Promise.resolve({});
    },
    // internal/service/ec2/vpc_route_table.go takes all associations away first.
    delete(id) {
      for (const one of [...state.associations.values()]) if (one.table === id) state.associations.delete(one.id);
      state.forget(state.routeTables, id);
      return cloud.network.changed();
    },
  };
}

const routeInputs = z.object({
  routeTableId: z.string(),
  destinationCidrBlock: z.string(),
  gatewayId: z.string().optional(),
  natGatewayId: z.string().optional(),
});

/** CreateRoute and ReplaceRoute check the same. Source: API reference, error codes of EC2. */
function setRoute(cloud: Cloud, operation: "CreateRoute" | "ReplaceRoute", fields: Fields): void {
  const { routeTableId, destinationCidrBlock: to, gatewayId, natGatewayId } = routeInputs.parse(fields);
  parseRange(to);
  const table = cloud.state.routeTables.get(routeTableId);
  if (table === undefined)
    throw refuse(operation, "InvalidRouteTableID.NotFound", `The routeTable ID '${routeTableId}' does not exist`);
  if (gatewayId === undefined && natGatewayId === undefined)
    throw refuse(operation, "MissingParameter", "The request must contain exactly one of gatewayId, natGatewayId, …");
  if (gatewayId !== undefined && cloud.state.gateways.get(gatewayId)?.vpc !== table.vpc)
    throw refuse(
      operation,
      "InvalidParameterValue",
      `route table ${routeTableId} and network gateway ${gatewayId} belong to different networks`,
    );
  if (natGatewayId !== undefined && cloud.state.natGateways.get(natGatewayId) === undefined)
    throw refuse(operation, "InvalidNatGatewayID.NotFound", `The natGateway ID '${natGatewayId}' does not exist`);
  if (operation === "CreateRoute" && table.routes.has(to))
    throw refuse(operation, "RouteAlreadyExists", `The route identified by ${to} already exists.`);
  table.routes.set(to, { gatewayId, natGatewayId });
}

function routeKind(cloud: Cloud): Kind {
  const { state } = cloud;
  const find = (fields: Fields): Target | undefined => {
    const { routeTableId, destinationCidrBlock } = routeInputs.parse(fields);
    return state.routeTables.get(routeTableId)?.routes.get(destinationCidrBlock);
  };
  return {
    async create(fields) {
      setRoute(cloud, "CreateRoute", fields);
      await cloud.network.changed();
      const { routeTableId, destinationCidrBlock } = routeInputs.parse(fields);
      return { id: `r-${routeTableId}${destinationCidrBlock}`, outputs: { state: "active", origin: "CreateRoute" } };
    },
    read: (_id, fields) => (find(fields) === undefined ? undefined : { state: "active", origin: "CreateRoute" }),
    async update(_id, fields) {
      setRoute(cloud, "ReplaceRoute", fields);
      await cloud.network.changed();
      return {};
    },
    delete(_id, fields) {
      const { routeTableId, destinationCidrBlock } = routeInputs.parse(fields);
      state.routeTables.get(routeTableId)?.routes.delete(destinationCidrBlock);
      return cloud.network.changed();
    },
  };
}

const associationInputs = z.object({ subnetId: z.string(), routeTableId: z.string() });

function associationKind(cloud: Cloud): Kind {
  const { state } = cloud;
  return {
    async create(fields) {
      const { subnetId, routeTableId } = associationInputs.parse(fields);
      const operation = "AssociateRouteTable";
      const subnet = needSubnet(cloud, operation, subnetId);
      if (state.routeTables.get(routeTableId)?.vpc !== subnet.vpc)
        throw refuse(operation, "InvalidRouteTableID.NotFound", `The routeTable ID '${routeTableId}' does not exist`);
      if ([...state.associations.values()].some((one) => one.subnet === subnetId))
        throw refuse(
          operation,
          "Resource.AlreadyAssociated",
          `the specified association for route table ${routeTableId} conflicts with an existing association`,
        );
      const id = newId("rtbassoc");
      state.associations.set(id, { id, subnet: subnetId, table: routeTableId });
      await cloud.network.changed();
      return { id, outputs: {} };
    },
    read: (id) => (state.associations.has(id) ? {} : undefined),
    async update(id, fields) {
      const one = state.associations.get(id);
      if (one !== undefined) one.table = associationInputs.parse(fields).routeTableId;
      await cloud.network.changed();
      return {};
    },
    delete(id) {
      state.associations.delete(id);
      return cloud.network.changed();
    },
  };
}

/** The kinds of this file. */
export function routingKinds(cloud: Cloud): Kinds {
  return {
    "ec2/internetGateway:InternetGateway": gatewayKind(cloud),
    "ec2/routeTable:RouteTable": tableKind(cloud),
    "ec2/route:Route": routeKind(cloud),
    "ec2/routeTableAssociation:RouteTableAssociation": associationKind(cloud),
  };
}

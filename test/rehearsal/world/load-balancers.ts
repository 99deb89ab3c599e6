/** Network load balancers. */
import { z } from "zod";
import { arnOf, type Cloud } from "./cloud";
import { freePublicAddress } from "./addresses";
import { refusals } from "./errors";
import { newHex } from "./ids";
import type { Fields, Kind, Kinds } from "./kind";
import { freeAddress } from "./ranges";
import { gatewayOf, isPublic } from "./routing";
import type { Kept } from "./state";
import { tagsOf } from "./tags";
import type { Subnet } from "./vpc";

/** A load balancer's network interface. */
export interface Interface {
  readonly subnet: string;
  readonly zone: string;
  readonly address: string;
  readonly publicAddress?: string;
}

/** A load balancer, by its ARN. */
export interface BalancerRecord extends Kept {
  /** Also its id in the substrate. */
  readonly name: string;
  readonly vpc: string;
  readonly internal: boolean;
  groups: readonly string[];
  readonly interfaces: readonly Interface[];
  readonly dnsName: string;
  state: "provisioning" | "active" | "deleting";
  readonly created: number;
}

const refuse = refusals("Elastic Load Balancing v2");

/** Hosted zone of network load balancers in eu-central-1. Source: docs.aws.amazon.com, "Elastic Load Balancing endpoints". */
const NLB_ZONE = "Z3F0SRJ5LGBH90";

const inputsOf = z.object({
  name: z.string(),
  loadBalancerType: z.literal("network"),
  internal: z.boolean().default(false),
  subnets: z.array(z.string()).min(1),
  securityGroups: z.array(z.string()).default([]),
});

type Inputs = z.infer<typeof inputsOf>;

/** Subnets and groups of CreateLoadBalancer. Source: API reference, its errors. */
function checkPlace(cloud: Cloud, inputs: Inputs): readonly Subnet[] {
  const operation = "CreateLoadBalancer";
  const { state } = cloud;
  const subnets = inputs.subnets.map((id) => {
    const subnet = state.subnets.get(id);
    if (subnet === undefined) throw refuse(operation, "SubnetNotFound", `The subnet ID '${id}' does not exist`);
    return subnet;
  });
  const [{ vpc } = { vpc: "" }] = subnets;
  if (new Set(subnets.map(({ zone }) => zone)).size < subnets.length)
    throw refuse(
      operation,
      "InvalidConfigurationRequest",
      "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    );
  if (subnets.some((one) => one.vpc !== vpc))
    throw refuse(operation, "InvalidSubnet", "The specified subnets must belong to the same VPC");
  for (const id of inputs.securityGroups)
    if (state.groups.get(id)?.vpc !== vpc)
      throw refuse(operation, "InvalidSecurityGroup", `The security group '${id}' is not in the VPC '${vpc}'`);
  if (inputs.internal) return subnets;
  if (gatewayOf(cloud, vpc) === undefined)
    throw refuse(operation, "InvalidSubnet", `VPC ${vpc} has no internet gateway`);
  // Stricter than AWS, which makes a load balancer that nobody outside reaches: a route that comes later is a race.
  const closed = subnets.find(({ id }) => !isPublic(cloud, id));
  if (closed !== undefined)
    throw refuse(operation, "InvalidSubnet", `Subnet ${closed.id} has no route to an internet gateway`);
  return subnets;
}

function createBalancer(cloud: Cloud, fields: Fields): BalancerRecord {
  const operation = "CreateLoadBalancer";
  const inputs = inputsOf.parse(fields);
  const { state } = cloud;
  const others = [...state.balancers.values()].filter((one) => one.state !== "deleting");
  if (others.some(({ name }) => name === inputs.name))
    throw refuse(
      operation,
      "DuplicateLoadBalancerName",
      `A load balancer with the same name '${inputs.name}' exists, but with different settings`,
    );
  if (others.length >= cloud.quotas["L-69A177A2"])
    throw refuse(operation, "TooManyLoadBalancers", "The maximum number of load balancers has been reached");
  const subnets = checkPlace(cloud, inputs);
  const id = newHex(16);
  const arn = arnOf(cloud, "elasticloadbalancing", `loadbalancer/net/${inputs.name}/${id}`);
  const interfaces: Interface[] = [];
  const record: BalancerRecord = {
    id: inputs.name,
    arn,
    tags: tagsOf(fields),
    name: inputs.name,
    vpc: subnets[0]?.vpc ?? "",
    internal: inputs.internal,
    groups: inputs.securityGroups,
    interfaces,
    dnsName: `${inputs.name}-${id}.elb.${cloud.region}.amazonaws.com`,
    state: "provisioning",
    created: cloud.clock.now(),
  };
  state.balancers.set(arn, record);
  for (const subnet of subnets) {
    const address = freeAddress(cloud, subnet);
    if (address === undefined) {
      state.balancers.delete(arn);
      throw refuse(operation, "InvalidSubnet", `Not enough IP space available in ${subnet.id}.`);
    }
    const place = { subnet: subnet.id, zone: subnet.zone, address };
    interfaces.push(inputs.internal ? place : { ...place, publicAddress: freePublicAddress(cloud, "balancer") });
  }
  return record;
}

function balancerKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const outputs = (one: BalancerRecord): Fields => ({
    arn: one.arn,
    arnSuffix: one.arn.split(":loadbalancer/")[1] ?? "",
    dnsName: one.dnsName,
    zoneId: NLB_ZONE,
    name: one.name,
    vpcId: one.vpc,
  });
  return {
    async create(fields) {
      const record = createBalancer(cloud, fields);
      await cloud.network.changed();
      await clock.wait(120);
      record.state = "active";
      return { id: record.arn, outputs: outputs(record) };
    },
    read(id) {
      const record = state.balancers.get(id);
      return record === undefined || record.state === "deleting" ? undefined : outputs(record);
    },
    async update(id, fields) {
      const record = state.balancers.get(id);
      if (record === undefined)
        throw refuse("SetSecurityGroups", "LoadBalancerNotFound", `Load balancer '${id}' not found`);
      const { securityGroups } = inputsOf.parse(fields);
      if ((record.groups.length === 0) !== (securityGroups.length === 0))
        throw refuse(
          "SetSecurityGroups",
          "InvalidConfigurationRequest",
          "You cannot add or remove all security groups of a network load balancer after it was created",
        );
      record.groups = securityGroups;
      record.tags = tagsOf(fields);
      await cloud.network.changed();
      return outputs(record);
    },
    // internal/service/elbv2/load_balancer.go waits until its network interfaces are gone. Its listeners go with it.
    async delete(id) {
      const record = state.balancers.get(id);
      if (record === undefined || record.state === "deleting") return;
      record.state = "deleting";
      for (const one of [...state.listeners.values()]) if (one.balancer === id) state.forget(state.listeners, one.id);
      await cloud.network.changed();
      await clock.wait(60);
      state.forget(state.balancers, id);
      await cloud.network.changed();
    },
  };
}

/** The kinds of this file. */
export function balancerKinds(cloud: Cloud): Kinds {
  return { "lb/loadBalancer:LoadBalancer": balancerKind(cloud) };
}

/** Elastic IPs, their associations, and NAT gateways. */
import { z } from "zod";
import { parseRange, toText } from "../../../plan/ipv4";
import { arnOf, type Cloud } from "./cloud";
import { refusals } from "./errors";
import { newId } from "./ids";
import type { Kind, Kinds } from "./kind";
import { freeAddress } from "./ranges";
import { gatewayOf } from "./routing";
import type { Kept } from "./state";
import { tagsOf } from "./tags";
import { needSubnet } from "./vpc";

/** An Elastic IP. */
export interface Address extends Kept {
  readonly publicAddress: string;
  /** What it is associated with. */
  association?: string | undefined;
  instance?: string | undefined;
  natGateway?: string | undefined;
}

/** A NAT gateway; one that is gone holds its addresses until it is deleted for good. */
export interface NatGateway extends Kept {
  readonly vpc: string;
  readonly subnet: string;
  readonly allocation: string;
  readonly publicAddress: string;
  readonly privateAddress: string;
  state: "pending" | "available" | "deleting";
}

const refuse = refusals("EC2");

/**
 * A public address that nobody has. The range's first addresses are the workstation's and the services'; Elastic IPs
 * begin at its middle, where load balancers' public addresses begin at its first quarter, as they don't count for the
 * quota.
 */
export function freePublicAddress(cloud: Cloud, kind: "elastic" | "balancer"): string {
  const { first, last } = parseRange(cloud.substrate.publicRange);
  const size = last - first + 1;
  const taken = new Set([
    ...[...cloud.state.addresses.values()].map(({ publicAddress }) => publicAddress),
    ...[...cloud.state.balancers.values()].flatMap(({ interfaces }) => interfaces.map((one) => one.publicAddress)),
    cloud.substrate.servicesAddress,
  ]);
  const from = first + (kind === "elastic" ? size / 2 : size / 4);
  for (let number = from; number < last; number++) if (!taken.has(toText(number))) return toText(number);
  throw refuse("AllocateAddress", "InsufficientAddressCapacity", "There are no addresses left.", 500);
}

function eipKind(cloud: Cloud): Kind {
  const { state } = cloud;
  const outputs = (one: Address) => ({
    arn: one.arn,
    allocationId: one.id,
    publicIp: one.publicAddress,
    publicIpv4Pool: "amazon",
    networkBorderGroup: cloud.region,
  });
  return {
    create(inputs) {
      if (state.addresses.size >= cloud.quotas["L-0263D0A3"])
        throw refuse("AllocateAddress", "AddressLimitExceeded", "The maximum number of addresses has been reached.");
      const id = newId("eipalloc");
      const arn = arnOf(cloud, "ec2", `elastic-ip/${id}`);
      const one: Address = { id, arn, tags: tagsOf(inputs), publicAddress: freePublicAddress(cloud, "elastic") };
      state.addresses.set(id, one);
      return Promise.resolve({ id, outputs: outputs(one) });
    },
    read(id) {
      const one = state.addresses.get(id);
      return one && outputs(one);
    },
    update(id, inputs) {
      const one = state.addresses.get(id);
      if (one !== undefined) one.tags = tagsOf(inputs);
      return Promise.resolve({});
    },
    // internal/service/ec2/ec2_eip.go: an association is taken away first, but an address that a NAT gateway has is
    // refused at once: AuthFailure for an association of AWS's own.
    async delete(id) {
      const one = state.addresses.get(id);
      if (one === undefined) return;
      if (one.natGateway !== undefined)
        throw refuse(
          "DisassociateAddress",
          "AuthFailure",
          `You do not have permission to access the specified resource. (${one.natGateway})`,
          403,
        );
      one.association = one.instance = undefined;
      state.forget(state.addresses, id);
      await cloud.network.changed();
    },
  };
}

const associationInputs = z.object({ allocationId: z.string(), instanceId: z.string() });

function associationKind(cloud: Cloud): Kind {
  const { state } = cloud;
  const find = (id: string): Address | undefined =>
    [...state.addresses.values()].find((one) => one.association === id && one.instance !== undefined);
  return {
    async create(fields) {
      const { allocationId, instanceId } = associationInputs.parse(fields);
      const operation = "AssociateAddress";
      const address = state.addresses.get(allocationId);
      const instance = state.instances.get(instanceId);
      if (address === undefined)
        throw refuse(operation, "InvalidAllocationID.NotFound", `The allocation ID '${allocationId}' does not exist`);
      if (instance === undefined || instance.state === "terminated" || instance.state === "shutting-down")
        throw refuse(operation, "InvalidInstanceID.NotFound", `The instance ID '${instanceId}' does not exist`);
      if (instance.state === "pending")
        throw refuse(
          operation,
          "InvalidInstanceID",
          `The pending instance '${instanceId}' is not in a valid state for this operation.`,
        );
      if (gatewayOf(cloud, instance.vpc) === undefined)
        throw refuse(
          operation,
          "Gateway.NotAttached",
          `Network ${instance.vpc} is not attached to any internet gateway`,
        );
      if (address.natGateway !== undefined || (address.instance !== undefined && address.instance !== instanceId))
        throw refuse(
          operation,
          "Resource.AlreadyAssociated",
          `resource ${allocationId} is already associated with associate-id ${address.association ?? ""}`,
        );
      address.association = newId("eipassoc");
      address.instance = instanceId;
      await cloud.network.changed();
      return {
        id: address.association,
        outputs: { publicIp: address.publicAddress, privateIpAddress: instance.address },
      };
    },
    read(id) {
      const address = find(id);
      return address && { publicIp: address.publicAddress };
    },
    update: () => Promise.resolve({}),
    async delete(id) {
      const address = find(id);
      if (address === undefined) return;
      address.association = address.instance = undefined;
      await cloud.network.changed();
    },
  };
}

const natInputs = z.object({ subnetId: z.string(), allocationId: z.string() });

function natKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const outputs = (one: NatGateway) => ({ publicIp: one.publicAddress, privateIp: one.privateAddress });
  return {
    async create(fields) {
      const { subnetId, allocationId } = natInputs.parse(fields);
      const operation = "CreateNatGateway";
      const subnet = needSubnet(cloud, operation, subnetId);
      const address = state.addresses.get(allocationId);
      if (address === undefined)
        throw refuse(operation, "InvalidAllocationID.NotFound", `The allocation ID '${allocationId}' does not exist`);
      const inZone = [...state.natGateways.values()].filter(
        (one) => state.subnets.get(one.subnet)?.zone === subnet.zone,
      );
      if (inZone.length >= cloud.quotas["L-FE5A380F"])
        throw refuse(
          operation,
          "NatGatewayLimitExceeded",
          `The limit for 'NAT gateways' in ${subnet.zone} is reached.`,
        );
      // AWS makes the gateway and fails it a minute later, and the provider's wait then ends with its failure code.
      // Source: docs.aws.amazon.com, "Troubleshoot NAT gateways", "NAT gateway creation fails".
      const failed = (code: string, text: string) => refuse(operation, code, `${code}: ${text}`);
      if (gatewayOf(cloud, subnet.vpc) === undefined)
        throw failed("Gateway.NotAttached", `Network ${subnet.vpc} has no Internet gateway attached`);
      if (address.instance !== undefined || address.natGateway !== undefined)
        throw failed("Resource.AlreadyAssociated", `Elastic IP address ${allocationId} is already associated`);
      const privateAddress = freeAddress(cloud, subnet);
      if (privateAddress === undefined)
        throw failed("InsufficientFreeAddressesInSubnet", `Subnet ${subnetId} has no free addresses`);
      const id = newId("nat");
      const nat: NatGateway = {
        id,
        arn: arnOf(cloud, "ec2", `natgateway/${id}`),
        tags: tagsOf(fields),
        vpc: subnet.vpc,
        subnet: subnetId,
        allocation: allocationId,
        publicAddress: address.publicAddress,
        privateAddress,
        state: "pending",
      };
      state.natGateways.set(id, nat);
      [address.natGateway, address.association] = [id, newId("eipassoc")];
      await clock.wait(60);
      nat.state = "available";
      await cloud.network.changed();
      return { id, outputs: outputs(nat) };
    },
    read(id) {
      const nat = state.natGateways.get(id);
      return nat && outputs(nat);
    },
    update(id, fields) {
      const nat = state.natGateways.get(id);
      if (nat !== undefined) nat.tags = tagsOf(fields);
      return Promise.resolve({});
    },
    async delete(id) {
      const nat = state.natGateways.get(id);
      if (nat === undefined) return;
      nat.state = "deleting";
      await cloud.network.changed();
      await clock.wait(45);
      state.forget(state.natGateways, id);
      const address = state.addresses.get(nat.allocation);
      if (address?.natGateway === id) address.natGateway = address.association = undefined;
    },
  };
}

/** The kinds of this file. */
export function addressKinds(cloud: Cloud): Kinds {
  return {
    "ec2/eip:Eip": eipKind(cloud),
    "ec2/eipAssociation:EipAssociation": associationKind(cloud),
    "ec2/natGateway:NatGateway": natKind(cloud),
  };
}

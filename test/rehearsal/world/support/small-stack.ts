/** A small network with what instances need, made by the provider's calls. */
import type { Caller } from "./world";

/** Trust of EC2, as the program writes it. */
export const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: ["sts:AssumeRole"] }],
});

/** Ids of what {@link smallStack} makes. */
export interface SmallStack {
  readonly vpc: string;
  readonly subnet: string;
  readonly table: string;
  readonly group: string;
}

/** A VPC with one subnet in zone a, its route table, and a group. */
export async function smallStack(aws: Caller, cidr = "10.0.0.0/16"): Promise<SmallStack> {
  const vpc = await aws.create("ec2/vpc:Vpc", { cidrBlock: cidr, enableDnsHostnames: true });
  const cidrBlock = cidr.replace(/\/16$/, "/24");
  const subnet = await aws.create("ec2/subnet:Subnet", { vpcId: vpc, cidrBlock, availabilityZone: "eu-central-1a" });
  const table = await aws.create("ec2/routeTable:RouteTable", { vpcId: vpc });
  await aws.create("ec2/routeTableAssociation:RouteTableAssociation", { subnetId: subnet, routeTableId: table });
  const group = await aws.create("ec2/securityGroup:SecurityGroup", { vpcId: vpc, name: "nodes", description: "d" });
  return { vpc, subnet, table, group };
}

/** A gateway and the default route to it. @returns the gateway's id */
export async function gateway(aws: Caller, { vpc, table }: SmallStack): Promise<string> {
  const gatewayId = await aws.create("ec2/internetGateway:InternetGateway", { vpcId: vpc });
  await aws.create("ec2/route:Route", { routeTableId: table, destinationCidrBlock: "0.0.0.0/0", gatewayId });
  return gatewayId;
}

/** Inputs of an instance in a small stack. */
export function instanceIn({ subnet, group }: SmallStack, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ami: "ami-0123456789abcdef0",
    instanceType: "m5.large",
    subnetId: subnet,
    vpcSecurityGroupIds: [group],
    userData: "#!/bin/sh\n",
    rootBlockDevice: { volumeType: "gp3", volumeSize: 20 },
    ...more,
  };
}

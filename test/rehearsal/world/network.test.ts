import assert from "node:assert/strict";
import { gateway, instanceIn, smallStack, type SmallStack } from "./support/small-stack";
import { Caller, makeWorld, type Made } from "./support/world";

describe("networks of the simulated AWS", () => {
  let made: Made;
  let aws: Caller;
  let net: SmallStack;
  beforeEach(async () => {
    made = await makeWorld();
    aws = new Caller(made.world);
    made.world.images.add({ id: "ami-0123456789abcdef0", architecture: "amd64" });
    net = await smallStack(aws);
  });
  const launch = (): Promise<string> => aws.create("ec2/instance:Instance", instanceIn(net));

  it("don't go while anything is in them", async () => {
    const id = await launch();
    await assert.rejects(aws.delete("ec2/subnet:Subnet", net.subnet), new RegExp(`DependencyViolation.*${id}`));
    await assert.rejects(
      aws.delete("ec2/securityGroup:SecurityGroup", net.group),
      new RegExp(`DependencyViolation.*${id}`),
    );
    await aws.delete("ec2/instance:Instance", id);
    await assert.rejects(aws.delete("ec2/vpc:Vpc", net.vpc), new RegExp(`DependencyViolation.*${net.subnet}`));
    await aws.delete("ec2/subnet:Subnet", net.subnet);
    await aws.delete("ec2/routeTable:RouteTable", net.table);
    await aws.delete("ec2/securityGroup:SecurityGroup", net.group);
    await aws.delete("ec2/vpc:Vpc", net.vpc);
    assert.equal(made.substrate.vpcs.size, 0);
  });

  it("refuse ranges and zones that AWS refuses", async () => {
    const subnet = (cidrBlock: string, availabilityZone = "eu-central-1b"): Promise<string> =>
      aws.create("ec2/subnet:Subnet", { vpcId: net.vpc, cidrBlock, availabilityZone });
    await assert.rejects(subnet("10.0.0.0/25"), /InvalidSubnet\.Conflict/);
    await assert.rejects(subnet("10.1.0.0/24"), /InvalidSubnet\.Range/);
    await assert.rejects(subnet("10.0.1.0/24", "eu-central-1z"), /following availability zones: eu-central-1a/);
    await assert.rejects(aws.create("ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/8" }), /InvalidVpc\.Range|\/16 to \/28/);
  });

  it("keep their gateway while public addresses are mapped", async () => {
    const igw = await gateway(aws, net);
    const id = await launch();
    const allocationId = await aws.create("ec2/eip:Eip", { domain: "vpc" });
    await aws.create("ec2/eipAssociation:EipAssociation", { allocationId, instanceId: id });
    await assert.rejects(aws.delete("ec2/internetGateway:InternetGateway", igw), /mapped public address/);
    await aws.delete("ec2/eip:Eip", allocationId);
    await aws.delete("ec2/internetGateway:InternetGateway", igw);
  });

  it("give NAT gateways a gateway first, and their address back last", async () => {
    const allocationId = await aws.create("ec2/eip:Eip", { domain: "vpc" });
    const nat = (): Promise<string> => aws.create("ec2/natGateway:NatGateway", { subnetId: net.subnet, allocationId });
    await assert.rejects(nat(), /Gateway\.NotAttached.*has no Internet gateway attached/);
    await gateway(aws, net);
    const id = await nat();
    await assert.rejects(aws.delete("ec2/eip:Eip", allocationId), /AuthFailure/);
    await aws.delete("ec2/natGateway:NatGateway", id);
    await aws.delete("ec2/eip:Eip", allocationId);
  });

  it("lead a private subnet out by the NAT gateway's address", async () => {
    await gateway(aws, net);
    const allocationId = await aws.create("ec2/eip:Eip", { domain: "vpc" });
    const natGatewayId = await aws.create("ec2/natGateway:NatGateway", { subnetId: net.subnet, allocationId });
    const inner = { vpcId: net.vpc, cidrBlock: "10.0.1.0/24", availabilityZone: "eu-central-1a" };
    const subnetId = await aws.create("ec2/subnet:Subnet", inner);
    const routeTableId = await aws.create("ec2/routeTable:RouteTable", { vpcId: net.vpc });
    await aws.create("ec2/routeTableAssociation:RouteTableAssociation", { subnetId, routeTableId });
    const out = (): unknown => made.substrate.routes.get(net.vpc)?.subnets.map((one) => one.out);
    assert.deepEqual(out(), ["internet", "none"]);
    await aws.create("ec2/route:Route", { routeTableId, destinationCidrBlock: "0.0.0.0/0", natGatewayId });
    assert.deepEqual(made.substrate.routes.get(net.vpc)?.subnets[1], {
      cidr: "10.0.1.0/24",
      out: "nat",
      natAddress: "203.0.113.128",
    });
  });

  it("have five Elastic IPs", async () => {
    for (let i = 0; i < 5; i++) await aws.create("ec2/eip:Eip", { domain: "vpc" });
    await assert.rejects(aws.create("ec2/eip:Eip", { domain: "vpc" }), /AddressLimitExceeded/);
  });

  it("refuse groups twice, rules twice, references between VPCs, and what the rules as data refuse", async () => {
    const group = { vpcId: net.vpc, name: "nodes", description: "d" };
    await assert.rejects(aws.create("ec2/securityGroup:SecurityGroup", group), /InvalidGroup\.Duplicate/);
    await assert.rejects(aws.create("ec2/securityGroup:SecurityGroup", { ...group, name: "sg-nodes" }), /sg-/);
    const INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule";
    const rule = { securityGroupId: net.group, ipProtocol: "tcp", fromPort: 22, toPort: 22 };
    await aws.create(INGRESS, { ...rule, cidrIpv4: "192.0.2.0/24" });
    await assert.rejects(aws.create(INGRESS, { ...rule, cidrIpv4: "192.0.2.0/24" }), /InvalidPermission\.Duplicate/);
    const said = { ...rule, cidrIpv4: "198.51.100.0/24", description: "the registry's bucket" };
    await assert.rejects(aws.create(INGRESS, said), /description/);
    const other = await smallStack(aws, "10.1.0.0/16");
    await assert.rejects(
      aws.create(INGRESS, { ...rule, referencedSecurityGroupId: other.group }),
      /InvalidGroup\.NotFound/,
    );
  });

  it("keep a group that another one's rule names", async () => {
    const group = { vpcId: net.vpc, name: "managers", description: "d" };
    const referencedSecurityGroupId = await aws.create("ec2/securityGroup:SecurityGroup", group);
    const INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule";
    const rule = { securityGroupId: net.group, ipProtocol: "tcp", fromPort: 22, toPort: 22, referencedSecurityGroupId };
    const id = await aws.create(INGRESS, rule);
    await assert.rejects(aws.delete("ec2/securityGroup:SecurityGroup", referencedSecurityGroupId), /dependent object/);
    await aws.delete(INGRESS, id);
    await aws.delete("ec2/securityGroup:SecurityGroup", referencedSecurityGroupId);
  });
});

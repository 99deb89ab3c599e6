import assert from "node:assert/strict";
import { gateway, instanceIn, smallStack, type SmallStack } from "./support/small-stack";
import { Caller, makeWorld, type Made } from "./support/world";

const BALANCER = "lb/loadBalancer:LoadBalancer";
const GROUP = "lb/targetGroup:TargetGroup";
const LISTENER = "lb/listener:Listener";
const ATTACHMENT = "lb/targetGroupAttachment:TargetGroupAttachment";

describe("load balancers of the simulated AWS", () => {
  let made: Made;
  let aws: Caller;
  let net: SmallStack;
  beforeEach(async () => {
    made = await makeWorld();
    aws = new Caller(made.world);
    made.world.images.add({ id: "ami-0123456789abcdef0", architecture: "amd64" });
    net = await smallStack(aws);
  });
  const balancer = (more: Record<string, unknown> = {}): Promise<string> => {
    const inputs = { name: "lb-app-1", loadBalancerType: "network", internal: true, subnets: [net.subnet] };
    return aws.create(BALANCER, { ...inputs, securityGroups: [net.group], ...more });
  };
  const group = (more: Record<string, unknown> = {}): Promise<string> =>
    aws.create(GROUP, { name: "tg", vpcId: net.vpc, port: 443, protocol: "TCP", targetType: "instance", ...more });
  const listen = (loadBalancerArn: string, targetGroupArn: string, port = 443): Promise<string> =>
    aws.create(LISTENER, {
      loadBalancerArn,
      port,
      protocol: "TCP",
      defaultActions: [{ type: "forward", targetGroupArn }],
    });

  it("face the internet only where a gateway is, and a route to it", async () => {
    await assert.rejects(balancer({ internal: false }), /InvalidSubnet: VPC vpc-\w+ has no internet gateway/);
    await aws.create("ec2/internetGateway:InternetGateway", { vpcId: net.vpc });
    await assert.rejects(
      balancer({ internal: false }),
      /InvalidSubnet: Subnet \S+ has no route to an internet gateway/,
    );
  });

  it("have public addresses by their name, and their own address behind it when they are internal", async () => {
    await gateway(aws, net);
    const outside = await aws.read(BALANCER, await balancer({ internal: false }));
    const inside = await aws.read(BALANCER, await balancer({ name: "lb-inner-1" }));
    assert.deepEqual(made.world.resolveOutside(String(outside?.["dnsName"])), ["203.0.113.64"]);
    assert.deepEqual(made.world.resolve(net.vpc, String(inside?.["dnsName"])), ["10.0.0.5"]);
  });

  it("are members of their groups", async () => {
    const other = { vpcId: net.vpc, name: "members", description: "d" };
    const members = await aws.create("ec2/securityGroup:SecurityGroup", other);
    const rule = { ipProtocol: "tcp", fromPort: 443, toPort: 443, securityGroupId: members };
    const INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule";
    await aws.create(INGRESS, { ...rule, referencedSecurityGroupId: net.group });
    const id = await aws.create("ec2/instance:Instance", instanceIn(net, { vpcSecurityGroupIds: [members] }));
    assert.deepEqual(made.substrate.filters.get(id)?.[0]?.peers, []);
    await balancer();
    assert.deepEqual(made.substrate.filters.get(id)?.[0]?.peers, ["10.0.0.5/32"]);
  });

  it("are told to the substrate with listeners, checks and targets", async () => {
    const check = { protocol: "HTTP", port: "8082", path: "/ping", interval: 5, timeout: 3 };
    const healthCheck = { ...check, healthyThreshold: 2, unhealthyThreshold: 2 };
    const states = [{ enableUnhealthyConnectionTermination: false, unhealthyDrainingInterval: 20 }];
    const targetGroupArn = await group({ healthCheck, proxyProtocolV2: true, targetHealthStates: states });
    await listen(await balancer(), targetGroupArn);
    const targetId = await aws.create("ec2/instance:Instance", instanceIn(net));
    const attachment = { targetGroupArn, targetId, port: 443 };
    const id = await aws.create(ATTACHMENT, attachment);
    assert.deepEqual(made.substrate.balancers.get("lb-app-1")?.listeners, [
      {
        port: 443,
        proxyProtocol: true,
        check: { protocol: "HTTP", port: 8082, path: "/ping", interval: 5, timeout: 3, healthy: 2, unhealthy: 2 },
        cutUnhealthy: false,
        targets: [{ id: targetId, address: "10.0.0.5", port: 443 }],
      },
    ]);
    await aws.delete(ATTACHMENT, id, attachment);
    assert.deepEqual(made.substrate.balancers.get("lb-app-1")?.listeners[0]?.targets, []);
    assert.equal(await aws.read(ATTACHMENT, id, attachment), undefined);
  });

  it("share no target group, no port, and no name", async () => {
    const [first, second] = [await balancer(), await balancer({ name: "lb-app-2" })];
    const targets = await group();
    await listen(first, targets);
    await assert.rejects(listen(second, targets), /TargetGroupAssociationLimit/);
    await assert.rejects(listen(first, await group({ name: "tg-2" })), /DuplicateListener/);
    await assert.rejects(balancer(), /DuplicateLoadBalancerName/);
    await assert.rejects(group(), /DuplicateTargetGroupName/);
  });

  it("hold their target group, their subnet and their security group", async () => {
    const arn = await balancer();
    const targets = await group();
    const listener = await listen(arn, targets);
    await assert.rejects(aws.delete(GROUP, targets), /ResourceInUse.*currently in use by a listener/);
    await assert.rejects(aws.delete("ec2/securityGroup:SecurityGroup", net.group), /dependent object \(lb-app-1\)/);
    await assert.rejects(aws.delete("ec2/subnet:Subnet", net.subnet), /DependencyViolation.*lb-app-1/);
    await aws.delete(LISTENER, listener);
    await aws.delete(GROUP, targets);
    await aws.delete(BALANCER, arn);
    await aws.delete("ec2/securityGroup:SecurityGroup", net.group);
    assert.equal(made.substrate.balancers.size, 0);
  });

  it("take targets of their VPC that run, and no others", async () => {
    const targetGroupArn = await group();
    const other = await smallStack(aws, "10.1.0.0/16");
    const foreign = await aws.create("ec2/instance:Instance", instanceIn(other));
    const attach = (targetId: string): Promise<string> =>
      aws.create(ATTACHMENT, { targetGroupArn, targetId, port: 443 });
    await assert.rejects(attach(foreign), /InvalidTarget: The following targets are not in the target group VPC/);
    await assert.rejects(attach("i-00000000000000000"), /InvalidTarget/);
    const own = await aws.create("ec2/instance:Instance", instanceIn(net));
    await aws.delete("ec2/instance:Instance", own);
    await assert.rejects(attach(own), /not in a running state/);
  });

  it("keep to 32 characters, and their groups too", async () => {
    await assert.rejects(group({ name: "lb-registry-internal-5000-0123abc" }), /32/);
  });
});

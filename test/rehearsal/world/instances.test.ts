import assert from "node:assert/strict";
import { gateway, instanceIn, smallStack, TRUST, type SmallStack } from "./support/small-stack";
import { Caller, makeWorld, type Made } from "./support/world";

const INSTANCE = "ec2/instance:Instance";

describe("instances of the simulated AWS", () => {
  let made: Made;
  let aws: Caller;
  let net: SmallStack;
  beforeEach(async () => {
    made = await makeWorld();
    aws = new Caller(made.world);
    made.world.images.add({ id: "ami-0123456789abcdef0", architecture: "amd64" });
    net = await smallStack(aws);
  });
  const launch = (more: Record<string, unknown> = {}): Promise<string> => aws.create(INSTANCE, instanceIn(net, more));

  it("run with an address of their subnet, behind the filter of their groups", async () => {
    const id = await launch();
    assert.equal(made.substrate.instances.get(id)?.address, "10.0.0.4");
    assert.deepEqual(made.substrate.filters.get(id), []);
    const rule = { securityGroupId: net.group, ipProtocol: "tcp", fromPort: 22, toPort: 22 };
    const INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule";
    await aws.create(INGRESS, { ...rule, referencedSecurityGroupId: net.group });
    await launch();
    assert.deepEqual(made.substrate.filters.get(id), [
      { direction: "in", protocol: "tcp", ports: [22, 22], peers: ["10.0.0.4/32", "10.0.0.5/32"] },
    ]);
  });

  it("hold their address until they have ended", async () => {
    const first = await launch({ privateIp: "10.0.0.8" });
    await assert.rejects(launch({ privateIp: "10.0.0.8" }), /api error InvalidIPAddress\.InUse: Address 10\.0\.0\.8/);
    made.world.faults.terminationTime = 200;
    const ended = aws.delete(INSTANCE, first);
    await assert.rejects(launch({ privateIp: "10.0.0.8" }), /InvalidIPAddress\.InUse/);
    await ended;
    await launch({ privateIp: "10.0.0.8" });
    assert.equal(await aws.read(INSTANCE, first), undefined);
  });

  it("get no address that AWS or a reservation keeps", async () => {
    await assert.rejects(launch({ privateIp: "10.0.0.3" }), /is in subnet's reserved address range/);
    await assert.rejects(launch({ privateIp: "10.0.1.8" }), /does not fall within the subnet's address range/);
    const reservation = { subnetId: net.subnet, cidrBlock: "10.0.0.0/28", reservationType: "explicit" };
    await aws.create("ec2/subnetCidrReservation:SubnetCidrReservation", reservation);
    assert.equal(made.substrate.instances.get(await launch())?.address, "10.0.0.16");
    await launch({ privateIp: "10.0.0.9" });
  });

  it("aren't made beyond the quota of vCPUs", async () => {
    made.world.cloud.quotas["L-1216C47A"] = 5;
    await Promise.all([launch(), launch()]);
    await assert.rejects(launch(), /VcpuLimitExceeded.*current vCPU limit of 5/);
  });

  it("aren't made in a zone without capacity, until it has some again", async () => {
    made.world.faults.withoutCapacity.add("eu-central-1a");
    await assert.rejects(launch(), /StatusCode: 500.*InsufficientInstanceCapacity/);
    const later = launch();
    setTimeout(() => {
      made.world.faults.withoutCapacity.clear();
    }, 20);
    await later;
  });

  it("wait for a profile that EC2 doesn't see yet, as the provider does, but for 2 minutes only", async () => {
    await aws.create("iam/role:Role", { name: "r", assumeRolePolicy: TRUST });
    await aws.create("iam/instanceProfile:InstanceProfile", { name: "p", role: "r" });
    await launch({ iamInstanceProfile: "p" });
    made.world.faults.profileDelay = 2000;
    await aws.create("iam/instanceProfile:InstanceProfile", { name: "slow", role: "r" });
    await assert.rejects(launch({ iamInstanceProfile: "slow" }), /Invalid IAM Instance Profile name/);
    await assert.rejects(launch({ iamInstanceProfile: "missing" }), /Invalid IAM Instance Profile name/);
  });

  it("are refused with what isn't theirs: image, group, architecture, too much user data", async () => {
    const other = await smallStack(aws, "10.1.0.0/16");
    await assert.rejects(launch({ ami: "ami-00000000000000001" }), /InvalidAMIID\.NotFound/);
    await assert.rejects(launch({ vpcSecurityGroupIds: [other.group] }), /belong to different networks/);
    await assert.rejects(launch({ instanceType: "t4g.small" }), /does not match the architecture/);
    await assert.rejects(launch({ userData: "x".repeat(16_385) }), /16384|16 KiB/);
  });

  it("lose Elastic IP and target groups when they end behind the provider's back", async () => {
    await gateway(aws, net);
    const id = await launch();
    const allocationId = await aws.create("ec2/eip:Eip", { domain: "vpc" });
    const association = { allocationId, instanceId: id };
    const made1 = await aws.create("ec2/eipAssociation:EipAssociation", association);
    const [route] = made.substrate.routes.values();
    assert.deepEqual(Object.values(route?.publicAddresses ?? {}), ["10.0.0.4"]);
    assert.deepEqual(await made.world.endInstances(({ zone }) => zone === "eu-central-1a"), [id]);
    assert.equal(await aws.read("ec2/eipAssociation:EipAssociation", made1, association), undefined);
    assert.deepEqual(Object.keys([...made.substrate.routes.values()][0]?.publicAddresses ?? {}), []);
  });

  it("get no packages from their first boot on, until they may have them", async () => {
    await made.world.failPackages("worker-2", true);
    const id = await launch({ tagsAll: { "swarm-ha.host": "worker-2" } });
    const other = await launch({ tagsAll: { "swarm-ha.host": "worker-3" } });
    await made.world.failPackages("worker-2", false);
    assert.deepEqual(
      made.substrate.journal.filter((line) => /^(failPackages|launch)/.test(line)),
      [`failPackages ${id} true`, `launch ${id}`, `launch ${other}`, `failPackages ${id} false`],
    );
  });

  it("are stopped and started for other user data, in place", async () => {
    const id = await launch();
    await aws.update(INSTANCE, id, instanceIn(net, { userData: "#!/bin/sh\ntrue\n" }));
    assert.deepEqual(
      made.substrate.journal.filter((line) => line.endsWith(id) && line.startsWith("st")),
      [`stop ${id}`, `start ${id}`],
    );
    assert.equal(made.world.metadata(id, "/latest/user-data"), "#!/bin/sh\ntrue\n");
  });
});

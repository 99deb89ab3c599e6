import assert from "node:assert/strict";
import { offeringsCall } from "../../../../cli/platform/aws/quotas/offerings";
import { run, type Ran } from "../../../support/run";
import { gateway, instanceIn, smallStack, TRUST, type SmallStack } from "../support/small-stack";
import { Caller, makeWorld, type Made } from "../support/world";
import { awsProgram } from "./aws-program";
import { serveApi, type ApiServer } from "./server";

const OWN = { tagsAll: { "swarm-ha.stack": "t" } };

/** The real `aws` program: what our commands ask, signed, and read by its own parsers. */
describe("the API of the simulated AWS, asked by aws", function () {
  this.timeout(120_000);
  let made: Made;
  let api: ApiServer;
  let program: string;
  let aws: Caller;
  let net: SmallStack;
  let instance: string;
  before(async function () {
    this.timeout(400_000);
    program = await awsProgram();
    made = await makeWorld(20);
    aws = new Caller(made.world);
    made.world.images.add({ id: "ami-0123456789abcdef0", architecture: "amd64" });
    api = await serveApi(made.world);
    net = await smallStack(aws);
    await gateway(aws, net);
    instance = await aws.create("ec2/instance:Instance", instanceIn(net, OWN));
  });
  after(() => api.close());

  const ask = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
    run(program, [...args, "--output", "json"], {
      limit: 60,
      env: { PATH: process.env["PATH"], ...api.env, ...env },
    });
  const answered = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await ask([...args, "--region", "eu-central-1"]);
    assert.equal(code, 0, stderr);
    return (stdout === "" ? {} : JSON.parse(stdout)) as Record<string, unknown>;
  };

  it("tells who asks, and refuses other keys and wrong signatures", async () => {
    const { Account } = await answered("sts", "get-caller-identity");
    assert.equal(Account, "123456789012");
    const foreign = await ask(["sts", "get-caller-identity"], { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" });
    assert.match(foreign.stderr, /\(InvalidClientTokenId\)/);
    const wrong = await ask(["ec2", "describe-vpcs"], { AWS_SECRET_ACCESS_KEY: "wrong" });
    assert.match(wrong.stderr, /\(SignatureDoesNotMatch\)/);
  });

  it("lists instances by tag, and none of another region", async () => {
    const filter = ["--filters", "Name=tag:swarm-ha.stack,Values=t"];
    const { Reservations } = (await answered("ec2", "describe-instances", ...filter)) as {
      Reservations: { Instances: { InstanceId: string; State: { Name: string }; Tags: unknown }[] }[];
    };
    assert.equal(Reservations[0]?.Instances[0]?.InstanceId, instance);
    assert.equal(Reservations[0].Instances[0].State.Name, "running");
    const other = await ask(["ec2", "describe-instances", "--region", "us-east-1"]);
    assert.deepEqual(JSON.parse(other.stdout), { Reservations: [] });
    const gone = await ask(["ec2", "describe-vpcs", "--vpc-ids", "vpc-00000000000000000", "--region", "eu-central-1"]);
    assert.match(gone.stderr, /\(InvalidVpcID\.NotFound\)/);
  });

  it("describes everything that is confirmed by its own service", async () => {
    const allocation = await aws.create("ec2/eip:Eip", { domain: "vpc", ...OWN });
    for (const [operation, flag, filter, list] of [
      ["describe-vpcs", "--filters", `Name=vpc-id,Values=${net.vpc}`, "Vpcs"],
      ["describe-subnets", "--filters", `Name=subnet-id,Values=${net.subnet}`, "Subnets"],
      ["describe-route-tables", "--filters", `Name=route-table-id,Values=${net.table}`, "RouteTables"],
      ["describe-internet-gateways", "--filters", `Name=attachment.vpc-id,Values=${net.vpc}`, "InternetGateways"],
      ["describe-security-groups", "--filters", `Name=group-id,Values=${net.group}`, "SecurityGroups"],
      ["describe-addresses", "--filters", `Name=allocation-id,Values=${allocation}`, "Addresses"],
    ] as const) {
      const answer = await answered("ec2", operation, flag, filter);
      assert.equal((answer[list] as unknown[]).length, 1, operation);
    }
    for (const [operation, flag, filter, list] of [
      ["describe-nat-gateways", "--filter", "Name=nat-gateway-id,Values=nat-0", "NatGateways"],
      ["describe-flow-logs", "--filter", "Name=flow-log-id,Values=fl-0", "FlowLogs"],
      ["describe-volumes", "--filters", "Name=volume-id,Values=vol-0", "Volumes"],
      ["describe-vpc-endpoints", "--filters", "Name=vpc-endpoint-id,Values=vpce-0", "VpcEndpoints"],
    ] as const)
      assert.deepEqual((await answered("ec2", operation, flag, filter))[list], [], operation);
  });

  it("tells quotas and what counts for them", async () => {
    const quota = ["--service-code", "ec2", "--quota-code", "L-0263D0A3"];
    const { Quota } = (await answered("service-quotas", "get-service-quota", ...quota)) as { Quota: { Value: number } };
    assert.equal(Quota.Value, 5);
    const missing = ["--service-code", "ec2", "--quota-code", "L-00000000"];
    const refused = await ask(["service-quotas", "get-service-quota", ...missing, "--region", "eu-central-1"]);
    assert.match(refused.stderr, /\(NoSuchResourceException\)/);
    const types = await answered("ec2", "describe-instance-types", "--instance-types", "m5.xlarge");
    assert.equal((types["InstanceTypes"] as { VCpuInfo: { DefaultVCpus: number } }[])[0]?.VCpuInfo.DefaultVCpus, 4);
    made.world.cloud.faults.notOffered.add("m5.xlarge eu-central-1a");
    const { operation, options = [] } = offeringsCall(["m5.xlarge"], "eu-central-1");
    const { InstanceTypeOfferings: offered } = (await answered(...operation, ...options)) as {
      InstanceTypeOfferings: { Location: string }[];
    };
    assert.deepEqual(
      offered.map(({ Location }) => Location),
      made.world.cloud.zones.slice(1),
    );
    await answered("ec2", "describe-account-attributes");
    const { Quotas } = (await answered("service-quotas", "list-service-quotas", "--service-code", "vpc")) as {
      Quotas: unknown[];
    };
    assert.equal(Quotas.length, 7);
  });

  it("has parameters by path and tag, and deletes them", async () => {
    const parameter = { type: "SecureString", value: "k", ...OWN };
    await aws.create("ssm/parameter:Parameter", { name: "/swarm-ha/t/host-keys/worker-1", ...parameter });
    await aws.create("ssm/parameter:Parameter", { name: "/swarm-ha/other", ...parameter });
    const path = "Key=Path,Option=Recursive,Values=/swarm-ha/t/host-keys";
    const found = await answered("ssm", "describe-parameters", "--parameter-filters", path);
    assert.deepEqual(
      (found["Parameters"] as { Name: string }[]).map(({ Name }) => Name),
      ["/swarm-ha/t/host-keys/worker-1"],
    );
    const byPath = await answered("ssm", "get-parameters-by-path", "--path", "/swarm-ha/t", "--recursive");
    assert.equal((byPath["Parameters"] as unknown[]).length, 1);
    const names = ["--names", "/swarm-ha/t/host-keys/worker-1", "/swarm-ha/none"];
    assert.deepEqual(await answered("ssm", "delete-parameters", ...names), {
      DeletedParameters: ["/swarm-ha/t/host-keys/worker-1"],
      InvalidParameters: ["/swarm-ha/none"],
    });
  });

  it("lists tagged resources, for an hour also those that are gone, and tells of a load balancer's members", async () => {
    await aws.create("iam/role:Role", { name: "r", assumeRolePolicy: TRUST, ...OWN });
    await aws.create("iam/instanceProfile:InstanceProfile", { name: "p", role: "r", ...OWN });
    const tagged = async (region: string): Promise<string[]> => {
      const filter = ["--tag-filters", "Key=swarm-ha.stack,Values=t"];
      const { stdout } = await ask(["resourcegroupstaggingapi", "get-resources", ...filter, "--region", region]);
      const { ResourceTagMappingList } = JSON.parse(stdout) as { ResourceTagMappingList: { ResourceARN: string }[] };
      return ResourceTagMappingList.map(({ ResourceARN }) => ResourceARN);
    };
    const endangered = await aws.create("ec2/instance:Instance", instanceIn(net, OWN));
    const terminated = await answered("ec2", "terminate-instances", "--instance-ids", endangered);
    assert.match(JSON.stringify(terminated), /"Name": ?"shutting-down"/);
    await aws.delete("ec2/instance:Instance", endangered);
    const arns = await tagged("eu-central-1");
    assert.ok(arns.some((arn) => arn.endsWith(instance)));
    assert.ok(arns.some((arn) => arn.endsWith(endangered)));
    assert.deepEqual(await tagged("us-east-1"), ["arn:aws:iam::123456789012:instance-profile/p"]);
    const { Tags } = await answered("iam", "list-role-tags", "--role-name", "r");
    assert.deepEqual(Tags, [{ Key: "swarm-ha.stack", Value: "t" }]);
    assert.match((await ask(["iam", "get-role", "--role-name", "none"])).stderr, /\(NoSuchEntity\)/);
    await answered("iam", "list-roles");
    await answered("iam", "get-instance-profile", "--instance-profile-name", "p");
  });

  it("tells of load balancers, their groups and their members' health", async () => {
    const balancer = { name: "lb-app-1", loadBalancerType: "network", internal: true, subnets: [net.subnet] };
    const loadBalancerArn = await aws.create("lb/loadBalancer:LoadBalancer", balancer);
    const group = { name: "tg", vpcId: net.vpc, port: 443, protocol: "TCP", targetType: "instance" };
    const targetGroupArn = await aws.create("lb/targetGroup:TargetGroup", group);
    const attachment = { targetGroupArn, targetId: instance, port: 443 };
    await aws.create("lb/targetGroupAttachment:TargetGroupAttachment", attachment);
    const health = async (): Promise<string> =>
      JSON.stringify(await answered("elbv2", "describe-target-health", "--target-group-arn", targetGroupArn));
    assert.match(await health(), /"State":"unused","Reason":"Target.NotInUse"/);
    const listener = {
      loadBalancerArn,
      port: 443,
      protocol: "TCP",
      defaultActions: [{ type: "forward", targetGroupArn }],
    };
    await aws.create("lb/listener:Listener", listener);
    assert.match(await health(), /"State":"healthy"/);
    made.substrate.sick.add(instance);
    assert.match(await health(), /"State":"unhealthy","Reason":"Target.FailedHealthChecks"/);
    const { LoadBalancers } = await answered("elbv2", "describe-load-balancers");
    assert.equal((LoadBalancers as { LoadBalancerArn: string }[])[0]?.LoadBalancerArn, loadBalancerArn);
    const { TargetGroups } = await answered("elbv2", "describe-target-groups");
    assert.equal((TargetGroups as unknown[]).length, 1);
  });

  it("lists zones, log groups, alarms, and knows buckets", async () => {
    made.world.addHostedZone("Z0123456789ABCDEFGHI", "swarm.example.com");
    const { HostedZones } = await answered("route53", "list-hosted-zones");
    assert.equal((HostedZones as { Id: string }[])[0]?.Id, "/hostedzone/Z0123456789ABCDEFGHI");
    await aws.create("cloudwatch/logGroup:LogGroup", { name: "flow-logs-1", retentionInDays: 30 });
    const { logGroups } = await answered("logs", "describe-log-groups", "--log-group-name-prefix", "flow");
    assert.equal((logGroups as unknown[]).length, 1);
    const { MetricAlarms } = await answered("cloudwatch", "describe-alarms", "--alarm-names", "none");
    assert.deepEqual(MetricAlarms, []);
    await aws.create("s3/bucket:Bucket", { bucket: "registry-storage-0123abc" });
    await answered("s3api", "head-bucket", "--bucket", "registry-storage-0123abc");
    const missing = await ask([
      "s3api",
      "head-bucket",
      "--bucket",
      "registry-storage-none",
      "--region",
      "eu-central-1",
    ]);
    assert.match(missing.stderr, /\(404\)/);
  });
});

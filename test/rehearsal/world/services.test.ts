import assert from "node:assert/strict";
import { AWS_TYPES } from "../../../offline/aws/types";
import { answer } from "./provider-endpoint";
import { smallStack, TRUST } from "./support/small-stack";
import { Caller, makeWorld, type Made } from "./support/world";

const policyOf = (statement: Record<string, unknown>): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [statement] });

describe("IAM, SSM, S3 and Route 53 of the simulated AWS", () => {
  let made: Made;
  let aws: Caller;
  beforeEach(async () => {
    made = await makeWorld();
    aws = new Caller(made.world);
  });

  it("keep a role that has a policy, and take it out of its profile", async () => {
    await aws.create("iam/role:Role", { name: "r", assumeRolePolicy: TRUST });
    const policy = policyOf({ Effect: "Allow", Action: ["ssm:GetParameter"], Resource: ["*"] });
    const id = await aws.create("iam/rolePolicy:RolePolicy", { name: "p", role: "r", policy });
    const profile = await aws.create("iam/instanceProfile:InstanceProfile", { name: "i", role: "r" });
    await assert.rejects(aws.delete("iam/role:Role", "r"), /DeleteConflict/);
    await aws.delete("iam/rolePolicy:RolePolicy", id);
    await aws.delete("iam/role:Role", "r");
    assert.equal(made.world.cloud.state.profiles.get(profile)?.role, undefined);
    await assert.rejects(aws.create("iam/rolePolicy:RolePolicy", { name: "p", role: "r", policy }), /NoSuchEntity/);
  });

  it("refuse policies that can't be read", async () => {
    await assert.rejects(aws.create("iam/role:Role", { name: "r", assumeRolePolicy: '{"Statement": 1}' }), /Malformed/);
    const unknown = policyOf({ Effect: "Allow", Action: "*", Resource: "*", Condition: { Null: { x: "true" } } });
    await assert.rejects(aws.create("iam/role:Role", { name: "r", assumeRolePolicy: unknown }), /isn't simulated/);
  });

  it("have each parameter once", async () => {
    const parameter = { name: "/swarm-ha/t/x", type: "SecureString", value: "v" };
    await aws.create("ssm/parameter:Parameter", parameter);
    await assert.rejects(aws.create("ssm/parameter:Parameter", parameter), /ParameterAlreadyExists/);
    await aws.update("ssm/parameter:Parameter", parameter.name, { ...parameter, value: "w" });
    assert.equal((await aws.read("ssm/parameter:Parameter", parameter.name))?.["version"], 2);
  });

  it("keep a bucket with objects, unless its destruction is forced", async () => {
    const bucket = await aws.create("s3/bucket:Bucket", { bucket: "registry-1" });
    made.objects.buckets.get(bucket)?.push("docker/a");
    await assert.rejects(aws.delete("s3/bucket:Bucket", bucket, {}), /409.*BucketNotEmpty/);
    await aws.delete("s3/bucket:Bucket", bucket, { forceDestroy: true });
    assert.equal(made.objects.buckets.size, 0);
    made.world.faults.foreignBuckets.add("taken-1");
    await assert.rejects(aws.create("s3/bucket:Bucket", { bucket: "taken-1" }), /BucketAlreadyExists/);
  });

  it("write a bucket's settings one after the other", async () => {
    const bucket = await aws.create("s3/bucket:Bucket", { bucket: "registry-1" });
    const access = { bucket, blockPublicPolicy: true };
    const versioning = { bucket, versioningConfiguration: { status: "Enabled" } };
    await Promise.all([
      aws.create("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", access),
      aws.create("s3/bucketVersioning:BucketVersioning", versioning),
    ]);
    const open = { Effect: "Allow", Principal: "*", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::registry-1/*"] };
    const POLICY = "s3/bucketPolicy:BucketPolicy";
    await assert.rejects(aws.create(POLICY, { bucket, policy: policyOf(open) }), /AccessDenied.*BlockPublicPolicy/);
    const other = { ...open, Effect: "Deny", Resource: ["arn:aws:s3:::other/*"] };
    await assert.rejects(aws.create(POLICY, { bucket, policy: policyOf(other) }), /MalformedPolicy/);
    await assert.rejects(aws.create(POLICY, { bucket: "none", policy: policyOf(open) }), /NoSuchBucket/);
  });

  it("answer private zones inside their VPCs alone, and before the public ones", async () => {
    made.world.addHostedZone("Z0123456789ABCDEFGHI", "swarm.example.com");
    const [net, other] = [await smallStack(aws), await smallStack(aws, "10.1.0.0/16")];
    const name = "registry.swarm.example.com";
    const zoneId = await aws.create("route53/zone:Zone", { name, vpcs: [{ vpcId: net.vpc }] });
    const record = (zone: string, records: string[], text = name): Promise<string> =>
      aws.create("route53/record:Record", { zoneId: zone, name: text, type: "A", ttl: 60, records });
    await record("Z0123456789ABCDEFGHI", ["203.0.113.70"]);
    assert.equal(made.world.resolve(net.vpc, name), undefined);
    await record(zoneId, ["10.0.0.9"]);
    assert.deepEqual(made.world.resolve(net.vpc, name), ["10.0.0.9"]);
    assert.deepEqual(made.world.resolve(other.vpc, name), ["203.0.113.70"]);
    assert.deepEqual(made.world.resolveOutside(name), ["203.0.113.70"]);
    await record("Z0123456789ABCDEFGHI", ["203.0.113.71"], "*.app.swarm.example.com");
    assert.deepEqual(made.world.resolveOutside("hello.app.swarm.example.com"), ["203.0.113.71"]);
    assert.equal(made.world.resolveOutside("manager.swarm.example.com"), undefined);
    const services = ["ssm", "s3", "registry-1.s3", "s3.dualstack", "registry-1.s3.dualstack"];
    for (const service of services)
      assert.deepEqual(made.world.resolve(net.vpc, `${service}.eu-central-1.amazonaws.com`), ["203.0.113.2"], service);
    assert.equal(made.world.resolve(net.vpc, "registry-1.s3.dualstack.eu-west-1.amazonaws.com"), undefined);
    await assert.rejects(record(zoneId, ["10.0.0.9"]), /InvalidChangeBatch.*already exists/);
    await assert.rejects(record(zoneId, ["10.0.0.9"], "x.example.org"), /is not permitted in zone/);
    await assert.rejects(aws.delete("route53/zone:Zone", zoneId), /HostedZoneNotEmpty/);
  });

  it("are there for every type that the program uses", () => {
    assert.deepEqual(Object.keys(made.world.kinds).sort(), Object.keys(AWS_TYPES).sort());
  });

  it("refuse other regions and other accounts in the provider's settings", async () => {
    const configure = (config: Record<string, unknown>) => answer(made.world, { operation: "configure", config });
    assert.deepEqual(await configure({ region: "eu-central-1", allowedAccountIds: ["123456789012"] }), { outputs: {} });
    assert.match(JSON.stringify(await configure({ region: "eu-west-1" })), /invalid AWS Region: eu-west-1/);
    const other = { region: "eu-central-1", allowedAccountIds: ["210987654321"] };
    assert.match(JSON.stringify(await configure(other)), /AWS account ID not allowed: 123456789012/);
  });
});

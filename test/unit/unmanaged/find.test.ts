import assert from "node:assert/strict";
import { arnOf } from "../../../cli/platform/aws/unmanaged/arn";
import { awsArguments, AwsError, type AwsCall } from "../../../cli/platform/aws/ask";
import { confirm } from "../../../cli/platform/aws/unmanaged/confirm";
import {
  isGlobal,
  taggedCall,
  taggedIn,
  taggedSchema,
  type TaggedResource,
} from "../../../cli/platform/aws/unmanaged/find";

const REGION = "eu-central-1";
const ec2 = (resource: string): TaggedResource => ({ arn: `arn:aws:ec2:${REGION}:123456789012:${resource}`, name: "" });
const arn = (text: string): TaggedResource => ({ arn: text, name: "" });

/** Answers by operation; anything else is refused, as AWS refuses who may not ask. */
function answering(answers: Readonly<Record<string, unknown>>): {
  ask: (call: AwsCall) => Promise<unknown>;
  calls: AwsCall[];
} {
  const calls: AwsCall[] = [];
  const ask = (call: AwsCall): Promise<unknown> => {
    calls.push(call);
    const answer = answers[call.operation.join(" ")];
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer === undefined) {
      const code = "AccessDenied";
      return Promise.reject(new AwsError(`An error occurred (${code}) when calling ${call.operation[1]}`, code));
    }
    return Promise.resolve(answer);
  };
  return { ask, calls };
}

describe("unmanaged resources of a stack", () => {
  it("are asked for by its tag, in a region that is always given", () => {
    const args = awsArguments(taggedCall("test", REGION));
    assert.deepEqual(args.slice(0, 6), [
      "resourcegroupstaggingapi",
      "get-resources",
      "--region",
      REGION,
      "--tag-filters",
      "Key=swarm-ha.stack,Values=test",
    ]);
    assert.throws(() => taggedCall("test,Values=prod", REGION), /no stack name/);
  });

  it("are all that the answer has, by name", () => {
    const answer = taggedSchema.parse({
      ResourceTagMappingList: [
        { ResourceARN: ec2("instance/i-0b").arn, Tags: [{ Key: "swarm-ha.host", Value: "worker-2" }] },
        { ResourceARN: ec2("instance/i-0a").arn, Tags: [] },
        { ResourceARN: "arn:aws:s3:::test-registry" },
      ],
    });
    assert.deepEqual(taggedIn(answer), [
      ec2("instance/i-0a"),
      { ...ec2("instance/i-0b"), name: "worker-2" },
      arn("arn:aws:s3:::test-registry"),
    ]);
  });

  it("are never nothing because the answer was another one", () => {
    assert.throws(() => taggedSchema.parse({}));
  });

  it("belong to no region where IAM or Route 53 has them", () => {
    assert.ok(isGlobal(arn("arn:aws:route53:::hostedzone/Z1")));
    assert.ok(isGlobal(arn("arn:aws:iam::123456789012:role/role-manager-1")));
    assert.ok(!isGlobal(arn("arn:aws:s3:::test-registry")));
  });
});

describe("an ARN", () => {
  it("is taken apart whatever separates its parts", () => {
    const cases: [string, string, string, string][] = [
      [ec2("instance/i-0a").arn, "ec2", "instance", "i-0a"],
      ["arn:aws:s3:::test-registry", "s3", "bucket", "test-registry"],
      ["arn:aws:ssm:r:1:parameter/swarm-ha/test/host-keys/a", "ssm", "parameter", "/swarm-ha/test/host-keys/a"],
      ["arn:aws:logs:r:1:log-group:flow-logs-12", "logs", "log-group", "flow-logs-12"],
      ["arn:aws:cloudwatch:r:1:alarm:lb-app-80-unhealthy-1", "cloudwatch", "alarm", "lb-app-80-unhealthy-1"],
      [
        "arn:aws:elasticloadbalancing:r:1:loadbalancer/net/lb-app/5",
        "elasticloadbalancing",
        "loadbalancer",
        "net/lb-app/5",
      ],
    ];
    for (const [text, service, type, id] of cases) assert.deepEqual(arnOf(text), { service, type, id }, text);
    assert.equal(arnOf("nothing"), undefined);
  });
});

describe("a tagged resource", () => {
  it("is left when its service has it, and gone when it hasn't", async () => {
    const { ask, calls } = answering({
      "ec2 describe-instances": {
        Reservations: [
          { Instances: [{ InstanceId: "i-run", State: { Name: "running" } }] },
          { Instances: [{ InstanceId: "i-over", State: { Name: "terminated" } }] },
        ],
      },
      "ec2 describe-nat-gateways": { NatGateways: [{ NatGatewayId: "nat-over", State: "deleted" }] },
      "ec2 describe-volumes": { Volumes: [] },
    });
    const tagged = ["instance/i-run", "instance/i-over", "instance/i-unknown", "natgateway/nat-over", "volume/vol-1"];
    assert.deepEqual(await confirm(tagged.map(ec2), REGION, ask), [ec2("instance/i-run")]);
    assert.deepEqual(calls.find(({ operation }) => operation[1] === "describe-nat-gateways")?.options, [
      "--filter",
      "Name=nat-gateway-id,Values=nat-over",
    ]);
    assert.ok(calls.every(({ region }) => region === REGION));
  });

  it("is gone when asking for it by name is an error that says so, and not for any other error", async () => {
    const bucket = arn("arn:aws:s3:::test-registry");
    const head = "s3api head-bucket";
    const error = (code: string): AwsError => new AwsError(`An error occurred (${code})`, code);
    assert.deepEqual(await confirm([bucket], REGION, answering({ [head]: error("404") }).ask), []);
    const forbidden = await confirm([bucket], REGION, answering({ [head]: error("403") }).ask);
    assert.deepEqual(forbidden, [{ ...bucket, unconfirmed: "An error occurred (403)" }]);
  });

  it("that is a listener goes with its load balancer", async () => {
    const at = "arn:aws:elasticloadbalancing:eu-central-1:1:";
    const [kept, gone] = [arn(`${at}listener/net/lb-a/1/9`), arn(`${at}listener/net/lb-b/2/9`)];
    const { ask } = answering({
      "elbv2 describe-load-balancers": { LoadBalancers: [{ LoadBalancerArn: `${at}loadbalancer/net/lb-a/1` }] },
    });
    assert.deepEqual(await confirm([kept, gone], REGION, ask), [kept]);
  });

  it("of no region is asked for where such resources are", async () => {
    const { ask, calls } = answering({ "route53 list-hosted-zones": { HostedZones: [{ Id: "/hostedzone/Z1" }] } });
    const zones = ["Z1", "Z2"].map((id) => arn(`arn:aws:route53:::hostedzone/${id}`));
    assert.deepEqual(await confirm(zones, REGION, ask), [zones[0]]);
    assert.deepEqual(
      calls.map(({ region }) => region),
      ["us-east-1"],
    );
  });

  it("stays in the list where it can't be confirmed, and says why", async () => {
    const none = answering({}).ask;
    const [refused, unknown, broken] = await Promise.all([
      confirm([ec2("vpc/vpc-1")], REGION, none),
      confirm([ec2("dedicated-host/h-1")], REGION, none),
      confirm([ec2("vpc/vpc-1")], REGION, answering({ "ec2 describe-vpcs": {} }).ask),
    ]);
    assert.match(refused[0]?.unconfirmed ?? "", /AccessDenied/);
    assert.match(unknown[0]?.unconfirmed ?? "", /no way to confirm a resource of the kind ec2 dedicated-host/);
    assert.match(broken[0]?.unconfirmed ?? "", /unexpected/);
  });
});

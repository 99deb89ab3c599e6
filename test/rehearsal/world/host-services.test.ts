import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { run } from "../../support/run";
import { instanceIn, smallStack, TRUST } from "./support/small-stack";
import { Caller, makeWorld, type Made } from "./support/world";

const NAME = "/swarm-ha/t/host-keys/worker-1";

/** S3's, for IPv4 alone and with IPv6. */
const ENDPOINTS = ["s3.eu-central-1.amazonaws.com", "s3.dualstack.eu-central-1.amazonaws.com"];

/** What hosts ask with their role's keys, by curl as in scripts/boot.sh. */
describe("the services that hosts of the simulated AWS call", () => {
  let made: Made;
  let aws: Caller;
  let server: Server;
  let port: number;
  let instances: string[];
  before(async () => {
    made = await makeWorld();
    aws = new Caller(made.world);
    made.world.images.add({ id: "ami-0123456789abcdef0", architecture: "amd64" });
    const net = await smallStack(aws);
    await aws.create("iam/role:Role", { name: "worker", assumeRolePolicy: TRUST });
    await aws.create("iam/instanceProfile:InstanceProfile", { name: "worker", role: "worker" });
    const profile = { iamInstanceProfile: "worker" };
    instances = await Promise.all([1, 2].map(() => aws.create("ec2/instance:Instance", instanceIn(net, profile))));
    const arn = String((await aws.read("ec2/instance:Instance", instances[0] ?? ""))?.["arn"]);
    const parameter = { name: NAME, type: "SecureString", value: "the host key", tagsAll: { "swarm-ha.reader": arn } };
    await aws.create("ssm/parameter:Parameter", parameter);
    await aws.create("s3/bucket:Bucket", { bucket: "registry-1" });
    server = createServer((request, response) => {
      const listener = made.world.https((request.headers.host ?? "").replace(/:\d+$/, ""));
      if (listener === undefined) response.writeHead(421).end();
      else listener(request, response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const keys = (id: string): { AccessKeyId: string; SecretAccessKey: string; Token: string } =>
    JSON.parse(made.world.metadata(id, "/latest/meta-data/iam/security-credentials/worker") ?? "{}") as ReturnType<
      typeof keys
    >;

  const curl = async (
    id: string,
    service: string,
    host: string,
    more: readonly string[],
    changes: { secret?: string; token?: string } = {},
  ): Promise<{ status: string; body: string }> => {
    const { AccessKeyId, SecretAccessKey, Token } = keys(id);
    const { secret = SecretAccessKey, token = Token } = changes;
    const url = more.find((one) => one.startsWith("/")) ?? "/";
    const { stdout } = await run(
      "curl",
      [
        ...["-sS", "--max-time", "10", "-w", "\n%{http_code}", "--aws-sigv4", `aws:amz:eu-central-1:${service}`],
        ...["--user", `${AccessKeyId}:${secret}`, "-H", `X-Amz-Security-Token: ${token}`],
        ...["--connect-to", `${host}:80:127.0.0.1:${String(port)}`, ...more.filter((one) => !one.startsWith("/"))],
        `http://${host}${url}`,
      ],
      { limit: 20 },
    );
    const [status = "", ...lines] = stdout.split("\n").reverse();
    return { status, body: lines.reverse().join("\n") };
  };
  const getParameter = (id: string, changes: { secret?: string; token?: string } = {}, name = NAME) =>
    curl(
      id,
      "ssm",
      "ssm.eu-central-1.amazonaws.com",
      [
        ...["-H", "Content-Type: application/x-amz-json-1.1", "-H", "X-Amz-Target: AmazonSSM.GetParameter"],
        ...["-d", JSON.stringify({ Name: name, WithDecryption: true })],
      ],
      changes,
    );
  const policy = (text: unknown): Promise<string> =>
    aws.create("iam/rolePolicy:RolePolicy", { name: "own", role: "worker", policy: JSON.stringify(text) });

  it("give nothing to a role without a policy", async () => {
    const { status, body } = await getParameter(instances[0] ?? "");
    assert.equal(status, "400");
    assert.match(body, /"__type":"AccessDeniedException".*is not authorized to perform: ssm:GetParameter/);
  });

  it("give its own host key to the instance that its tag names, and to no other", async () => {
    await policy({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["ssm:GetParameter"],
          Resource: ["arn:aws:ssm:eu-central-1:123456789012:parameter/swarm-ha/t/host-keys/*"],
          Condition: { StringEquals: { "ssm:resourceTag/swarm-ha.reader": "${ec2:SourceInstanceARN}" } },
        },
      ],
    });
    await made.world.cloud.clock.wait(10);
    const own = await getParameter(instances[0] ?? "");
    assert.equal(own.status, "200", own.body);
    assert.match(own.body, /"Value":"the host key"/);
    assert.match((await getParameter(instances[1] ?? "")).body, /AccessDeniedException/);
    assert.match(
      (await getParameter(instances[0] ?? "", {}, "/swarm-ha/t/host-keys/none")).body,
      /AccessDeniedException/,
    );
  });

  it("refuse wrong signatures and tokens", async () => {
    const id = instances[0] ?? "";
    assert.match((await getParameter(id, { secret: "wrong" })).body, /InvalidSignatureException/);
    assert.match((await getParameter(id, { token: "wrong" })).body, /UnrecognizedClientException/);
  });

  const ask = (more: readonly string[], host: string) =>
    curl(instances[0] ?? "", "s3", host, ["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", ...more]);

  it("give no bucket to a role whose policies have none of its actions", async () => {
    for (const endpoint of ENDPOINTS)
      assert.match(
        (await ask(["/a"], `registry-1.${endpoint}`)).body,
        /AccessDenied.*authorized to perform: s3:GetObject/,
      );
  });

  it("let a role into a bucket as its policy says, unless the bucket's denies it", async () => {
    await policy({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["s3:ListBucket"], Resource: ["arn:aws:s3:::registry-1"] },
        { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::registry-1/*"] },
      ],
    });
    await made.world.cloud.clock.wait(10);
    for (const endpoint of ENDPOINTS) {
      const own = `registry-1.${endpoint}`;
      assert.deepEqual(await ask(["/?list-type=2&prefix=docker%2Fregistry"], own), {
        status: "200",
        body: "GET registry-1 /?list-type=2&prefix=docker%2Fregistry",
      });
      assert.deepEqual(await ask(["/docker/registry/v2/a"], own), {
        status: "200",
        body: "GET registry-1 /docker/registry/v2/a",
      });
      assert.deepEqual(await ask(["/registry-1/a"], endpoint), { status: "200", body: "GET registry-1 /a" });
      for (const [host, path] of [
        [own, "/docker/a"],
        [endpoint, "/registry-1/docker/a"],
      ] as const) {
        const put = await ask(["-X", "PUT", path], host);
        assert.equal(put.status, "403");
        assert.match(put.body, /<Code>AccessDenied<\/Code>.*s3:PutObject/);
      }
      assert.match((await ask(["/"], `other.${endpoint}`)).body, /NoSuchBucket/);
    }
    const deny = { Effect: "Deny", Principal: "*", Action: ["s3:*"], Resource: ["arn:aws:s3:::registry-1/docker/*"] };
    const text = JSON.stringify({ Version: "2012-10-17", Statement: [deny] });
    await aws.create("s3/bucketPolicy:BucketPolicy", { bucket: "registry-1", policy: text });
    for (const endpoint of ENDPOINTS) {
      assert.equal((await ask(["/docker/registry/v2/a"], `registry-1.${endpoint}`)).status, "403");
      assert.equal((await ask(["/registry-1/docker/registry/v2/a"], endpoint)).status, "403");
      assert.equal((await ask(["/other"], `registry-1.${endpoint}`)).status, "200");
    }
  });

  it("don't have S3's names of other regions, or without a region", () => {
    for (const name of ["s3.dualstack.amazonaws.com", "registry-1.s3.dualstack.eu-west-1.amazonaws.com"])
      assert.equal(made.world.https(name), undefined, name);
  });
});

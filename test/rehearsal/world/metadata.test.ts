import assert from "node:assert/strict";
import { instanceIn, smallStack, TRUST } from "./support/small-stack";
import { Caller, makeWorld, type Made } from "./support/world";

describe("metadata of the simulated AWS", () => {
  let made: Made;
  let get: (path: string) => string | undefined;
  before(async () => {
    made = await makeWorld();
    const aws = new Caller(made.world);
    made.world.images.add({ id: "ami-0123456789abcdef0", architecture: "amd64" });
    const net = await smallStack(aws);
    await aws.create("iam/role:Role", { name: "worker-1", assumeRolePolicy: TRUST });
    await aws.create("iam/instanceProfile:InstanceProfile", { name: "p", role: "worker-1" });
    const id = await aws.create("ec2/instance:Instance", instanceIn(net, { iamInstanceProfile: "p" }));
    get = (path) => made.world.metadata(id, path);
  });

  it("is a tree that cloud-init can walk", () => {
    const walk = (path: string): string[] => {
      const text = get(path) ?? assert.fail(`${path} isn't there`);
      return path.endsWith("/") ? text.split("\n").flatMap((name) => walk(path + name)) : [path];
    };
    const leaves = walk("/latest/meta-data/");
    assert.ok(leaves.includes("/latest/meta-data/network/interfaces/macs/02:42:0a:00:00:04/subnet-id"));
    assert.ok(leaves.includes("/latest/meta-data/iam/security-credentials/worker-1"));
    assert.ok(leaves.includes("/latest/meta-data/placement/availability-zone"));
    assert.equal(get("/2021-03-23/meta-data/local-ipv4"), "10.0.0.4");
    assert.equal(get("/latest/meta-data/public-ipv4"), undefined);
    assert.equal(get("/latest/meta-data/public-keys/"), undefined);
    assert.equal(get("/2099-01-01/meta-data/"), undefined);
    assert.equal(get("/latest/user-data"), "#!/bin/sh\n");
    assert.match(get("/latest/dynamic/instance-identity/document") ?? "", /"region": "eu-central-1"/);
  });

  it("gives the same temporary keys until they are about to end", () => {
    const path = "/latest/meta-data/iam/security-credentials/worker-1";
    assert.equal(get("/latest/meta-data/iam/security-credentials/"), "worker-1");
    assert.equal(
      get(path),
      get(path)?.replace(/"LastUpdated": "[^"]+"/, /"LastUpdated": "[^"]+"/.exec(get(path) ?? "")?.[0] ?? ""),
    );
    const keys = JSON.parse(get(path) ?? "") as { AccessKeyId: string; Expiration: string };
    assert.match(keys.AccessKeyId, /^ASIA[A-Z2-7]{16}$/);
    assert.ok(Date.parse(keys.Expiration) > Date.now() + 3_600_000);
  });
});

import assert from "node:assert/strict";
import { buildAws } from "../../support/aws/stack";
import { PROD, TEST } from "../../support/aws/matrix";
import { reachability } from "../../support/aws/reachability";

describe("who can reach whom on aws", () => {
  it("is the table in prod, and nothing more", async () => {
    assert.deepEqual(reachability(await buildAws("prod")), PROD);
  });

  it("is the table in test, and nothing more", async () => {
    assert.deepEqual(reachability(await buildAws("test")), TEST);
  });

  it("has ESP between nodes only where encrypted overlays are asked for", async () => {
    const aws = { region: "eu-central-1", hostedZone: "none", network: { encryptedOverlays: true } };
    const matrix = reachability(await buildAws("test", { changes: { aws } }));
    const esp = Object.entries(matrix).filter(([, ports]) => ports.includes("protocol 50"));
    const nodes = ["manager", "registry", "worker"];
    assert.deepEqual(
      esp.map(([pair]) => pair).sort(),
      nodes.flatMap((from) => nodes.map((to) => `${from} -> ${to}`)).sort(),
    );
  });

  it("has no ingress rule for the bastion when it is reached by the Session Manager", async () => {
    const aws = { region: "eu-central-1", hostedZone: "none", bastion: { access: "ssm" } };
    const matrix = reachability(await buildAws("test", { changes: { aws } }));
    assert.deepEqual(
      Object.keys(matrix).filter((pair) => pair.endsWith("-> bastion")),
      [],
    );
  });

  it("has egress to what the configuration lists, and S3 all the same", async () => {
    const access = {
      ssh: ["203.0.113.0/24"],
      admin: ["203.0.113.0/24"],
      egress: { ranges: ["198.18.0.0/15"], ports: [8443] },
    };
    const toS3 = async (backup?: object): Promise<unknown[]> => {
      const changes = { access, ...(backup === undefined ? {} : { backup }) };
      const matrix = reachability(await buildAws("test", { changes }));
      assert.deepEqual(matrix["worker -> 198.18.0.0/15"], ["tcp 8443"]);
      assert.equal(matrix["worker -> 192.0.2.1/32"], undefined);
      return ["registry", "bastion", "worker"].map((from) => matrix[`${from} -> pl-s3`]);
    };
    assert.deepEqual(await toS3(), [["tcp 443"], undefined, undefined]);
    // restic runs on the bastion, and the bucket is the stack's own.
    assert.deepEqual(await toS3({}), [["tcp 443"], ["tcp 443"], undefined]);
    const elsewhere = { repository: "s3:https://s3.eu-central-1.amazonaws.com/elsewhere", password: "correct-horse" };
    assert.deepEqual(await toS3(elsewhere), [["tcp 443"], undefined, undefined]);
  });
});

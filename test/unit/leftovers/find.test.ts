import assert from "node:assert/strict";
import { instancesIn, leftoversIn, question } from "../../../tools/leftovers/find";

const ARN = "arn:aws:ec2:eu-central-1:123456789012:instance/";
const answer = JSON.stringify({
  ResourceTagMappingList: [
    { ResourceARN: `${ARN}i-0b`, Tags: [{ Key: "swarm-ha.host", Value: "worker-2" }] },
    { ResourceARN: `${ARN}i-0a`, Tags: [] },
    { ResourceARN: "arn:aws:s3:::test-registry" },
  ],
});

describe("leftovers of a stack", () => {
  it("are asked for by its tag", () => {
    assert.deepEqual(question("test").slice(2, 4), ["--tag-filters", "Key=swarm-ha.stack,Values=test"]);
    assert.throws(() => question("test,Values=prod"), /no stack name/);
  });

  it("are all that the answer has, but for instances that have ended", () => {
    const left = leftoversIn(answer, new Set(["i-0a"]));
    assert.deepEqual(left, [
      { arn: `${ARN}i-0b`, name: "worker-2" },
      { arn: "arn:aws:s3:::test-registry", name: "" },
    ]);
    assert.deepEqual(instancesIn(leftoversIn(answer)), ["i-0a", "i-0b"]);
  });

  it("are never nothing because the answer was another one", () => {
    assert.throws(() => leftoversIn("{}"));
    assert.throws(() => leftoversIn(""));
  });
});

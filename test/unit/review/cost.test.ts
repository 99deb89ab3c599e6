import assert from "node:assert/strict";
import fc from "fast-check";
import { INSTANCES } from "./instances";
import { reviewCost } from "../../../tools/review/cost";
import { hourlyPrice, PRICES } from "../../../tools/review/price-table";
import { host, preview, step } from "./support";

const instance = (name: string, op: string, instanceType: string, volumeSize = 30) =>
  step("aws:ec2/instance:Instance", name, { op, inputs: { instanceType, rootBlockDevice: { volumeSize } } });
const near = (actual: number | undefined, expected: number) => {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${String(actual)} isn't ${expected}`);
};

describe("prices", () => {
  it("of sizes follow from the family's", () => {
    for (const [type, price] of INSTANCES) near(hourlyPrice(type), price);
  });

  it("are unknown for families and sizes that the table hasn't", () => {
    assert.deepEqual(["x9.large", "m6i", "m6i.nano", "m6i.enormous", ""].map(hourlyPrice), Array(5).fill(undefined));
  });

  it("grow with the size", () => {
    const sizes = ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"];
    fc.assert(
      fc.property(fc.constantFrom("m5", "m6i", "c6g", "r6g"), fc.nat({ max: sizes.length - 2 }), (family, i) => {
        assert.ok(
          (hourlyPrice(`${family}.${sizes[i] ?? ""}`) ?? 0) < (hourlyPrice(`${family}.${sizes[i + 1] ?? ""}`) ?? 0),
        );
      }),
    );
  });
});

describe("what a stack costs", () => {
  it("is nothing on this machine", () => {
    assert.equal(reviewCost(preview([host("manager-1", "zone-a")])), undefined);
  });

  it("is said before and after, with volumes, load balancers and public addresses", () => {
    const cost = reviewCost(
      preview(
        [
          instance("manager-1", "same", "t3.medium"),
          instance("manager-2", "create", "t3.medium"),
          instance("manager-3", "delete", "t3.medium"),
          step("aws:lb/loadBalancer:LoadBalancer", "lb-app", {
            op: "create",
            inputs: { subnets: ["a", "b", "c"], internal: false },
          }),
        ],
        { "swarm-ha:aws": '{"region":"eu-central-1"}' },
      ),
    );
    const machines = 2 * (0.048 * 730 + 30 * PRICES.gp3);
    near(cost?.before, machines);
    near(cost?.after, machines + 730 * (PRICES.networkLoadBalancer + 3 * PRICES.publicAddress));
    assert.deepEqual([cost?.unpriced, cost?.otherRegion], [[], undefined]);
  });

  it("tells what it knows no price of, and another region", () => {
    const cost = reviewCost(
      preview([instance("worker-1", "create", "z9.huge")], { "swarm-ha:aws": '{"region":"eu-west-1"}' }),
    );
    assert.deepEqual([cost?.unpriced, cost?.otherRegion], [["z9.huge"], "eu-west-1"]);
  });
});

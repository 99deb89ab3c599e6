import assert from "node:assert/strict";
import { INSTANCES } from "./instances";
import { reviewCost } from "../../../cli/review/cost";
import { INSTANCE_TYPES } from "../../../config/platforms/aws/instance-types";
import { markdown } from "../../../cli/review/markdown";
import { reviewOf } from "../../../cli/review/review";
import { hourlyPrice, PRICES } from "../../../cli/review/price-table";
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

  it("are there for every type that the configuration allows", () => {
    assert.deepEqual(
      INSTANCE_TYPES.filter((type) => !(Number(hourlyPrice(type)) > 0)),
      [],
    );
  });

  it("are less for the medium size of a family that has one", () => {
    near(hourlyPrice("m6g.medium"), 0.046);
    near(hourlyPrice("c5.9xlarge"), 9 * 2 * 0.097);
  });

  it("grow with the size", () => {
    for (const family of ["t3", "m5", "m6i", "c5", "c6g", "r6g", "m8g", "i3en"]) {
      const prices = INSTANCE_TYPES.filter((type) => type.startsWith(`${family}.`)).map(
        (type) => hourlyPrice(type) ?? 0,
      );
      assert.ok(prices.length > 1, family);
      for (const [i, price] of prices.slice(1).entries()) assert.ok(price > (prices[i] ?? 0), `${family} ${String(i)}`);
    }
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
    const both = preview(
      ["worker-1", "worker-2"].map((name) => instance(name, "create", "z9.huge", 15)),
      { "swarm-ha:aws": '{"region":"eu-west-1"}' },
    );
    const cost = reviewCost(both);
    assert.deepEqual([cost?.unpriced, cost?.otherRegion], [[{ type: "z9.huge", machines: 2 }], "eu-west-1"]);
    const page = markdown(reviewOf(both));
    assert.match(page, /At least \*\*3 USD a month\*\*, 3 more than now\. \*\*Left out, .*: 2 × `z9\.huge`\.\*\*/);
  });
});

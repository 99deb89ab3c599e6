import assert from "node:assert/strict";
import { reviewBilled } from "../../../cli/review/billed";
import { host, preview, step } from "./support";

const instance = (name: string, op: string, instanceType: string, volumeSize = 30) =>
  step("aws:ec2/instance:Instance", name, {
    op,
    inputs: { instanceType, rootBlockDevice: { volumeSize, volumeType: "gp3" } },
  });

describe("what a stack is billed for", () => {
  it("is nothing on local", () => {
    assert.deepEqual(reviewBilled(preview([host("manager-1", "zone-a")])), []);
  });

  it("has count, type and size before and after", () => {
    const balancer = (name: string, internal: boolean) =>
      step("aws:lb/loadBalancer:LoadBalancer", name, {
        op: "create",
        inputs: { subnets: ["a", "b", "c"], internal, loadBalancerType: "network" },
      });
    const billed = reviewBilled(
      preview([
        instance("manager-1", "same", "t3.medium"),
        instance("manager-2", "create", "t3.medium"),
        instance("manager-3", "delete", "m6i.large", 50),
        balancer("lb-app", false),
        balancer("lb-registry", true),
        step("aws:ec2/natGateway:NatGateway", "nat-a", { op: "delete" }),
        step("aws:ec2/eip:Eip", "nat-a", { op: "delete" }),
        step("aws:ec2/vpc:Vpc", "vpc", { op: "create" }),
      ]),
    );
    assert.deepEqual(
      billed.map(({ what, before, after }) => [what, before, after]),
      [
        ["NAT gateway", 1, 0],
        ["gp3 volume of 30 GiB", 1, 2],
        ["gp3 volume of 50 GiB", 1, 0],
        ["m6i.large instance", 1, 0],
        ["network load balancer", 0, 2],
        ["public IPv4 address", 1, 3],
        ["t3.medium instance", 1, 2],
      ],
    );
  });
});

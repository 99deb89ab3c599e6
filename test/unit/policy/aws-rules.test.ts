import assert from "node:assert/strict";
import { violations } from "../../../offline/aws/rules";
import { violationsAcross } from "../../../offline/aws/rules/across";
import { AWS_TYPES } from "../../../offline/aws/types";
import { API_RULES } from "../../../offline/aws/rules/api";
import { AUTO_NAMES } from "../../../offline/aws/rules/names";
import { PROSE_RULES } from "../../../offline/aws/rules/prose";
import { UNKNOWN } from "../../../offline/lib/values";

const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const TARGETS = "aws:lb/targetGroup:TargetGroup";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const RULE = { securityGroupId: "sg-0123", ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIpv4: "203.0.113.0/24" };
const GOOD_TARGETS = { vpcId: "vpc-1", port: 80, protocol: "TCP" };

/** What is wrong, property by property. */
function broken(type: string, inputs: Record<string, unknown>, name = "x"): string[] {
  return violations(type, inputs, name).map(({ property, rule }) => `${property} ${rule}`);
}

describe("what AWS refuses of a resource", () => {
  it("is a security group whose own or automatic name begins with sg-", () => {
    assert.deepEqual(broken(GROUP, { description: "x" }, "sg-node"), ["name doesn't begin with sg-"]);
    assert.deepEqual(broken(GROUP, { description: "x", name: "sg-node" }, "node"), ["name doesn't begin with sg-"]);
    assert.deepEqual(broken(GROUP, { description: "x" }, "node"), []);
  });

  it("is an apostrophe, or too much text, in the description of a rule", () => {
    assert.match(broken(INGRESS, { ...RULE, description: "the host's manager" }).join(), /^description has letters/);
    assert.match(broken(INGRESS, { ...RULE, description: "x".repeat(256) }).join(), /at most 255/);
    assert.deepEqual(broken(INGRESS, { ...RULE, description: "a-z (A_Z) /:#,@[]+=&;{}!$*." }), []);
  });

  it("is a name of a target group that Pulumi makes too long", () => {
    const [length, ...more] = broken(TARGETS, GOOD_TARGETS, "lb-registry-internal-5000");
    assert.deepEqual([length, more], ["name has at most 32 characters", []]);
    assert.deepEqual(broken(TARGETS, GOOD_TARGETS, "x".repeat(24)), []);
  });

  it("is a number out of its range, from the API model as from the documentation", () => {
    assert.deepEqual(broken(TARGETS, { ...GOOD_TARGETS, healthCheck: { interval: 4, timeout: 3 } }), [
      "healthCheck.interval has 5 to 300",
    ]);
    assert.deepEqual(broken(TARGETS, { ...GOOD_TARGETS, deregistrationDelay: 3601 }), [
      "deregistrationDelay has 0 to 3600",
    ]);
  });

  it("is a text that the API doesn't list", () => {
    assert.match(broken(TARGETS, { ...GOOD_TARGETS, protocol: "SCTP" }).join(), /^protocol is one of HTTP, /);
  });

  it("is a missing property, and one too many", () => {
    assert.deepEqual(broken("ec2/route:Route", { destinationCidrBlock: "0.0.0.0/0" }), [
      "routeTableId is there",
      "gatewayId names exactly one target",
    ]);
    assert.match(broken(INGRESS, { ...RULE, prefixListId: "pl-1" }).join(), /names exactly one peer/);
  });

  it("is too much user data, counted in bytes", () => {
    const inputs = { ami: "ami-1", subnetId: "subnet-1", instanceType: "t3.micro", vpcSecurityGroupIds: ["sg-1"] };
    assert.deepEqual(broken("ec2/instance:Instance", { ...inputs, userData: "x".repeat(16_384) }), []);
    assert.equal(broken("ec2/instance:Instance", { ...inputs, userData: "ä".repeat(8193) }).length, 1);
  });

  it("is nothing that isn't known yet", () => {
    assert.deepEqual(broken(TARGETS, { ...GOOD_TARGETS, vpcId: UNKNOWN, healthCheck: UNKNOWN, port: Symbol("x") }), []);
    assert.deepEqual(broken(INGRESS, { ...RULE, ipProtocol: UNKNOWN, fromPort: undefined }), []);
  });

  it("is the same rule twice in a group, and the 61st", () => {
    const rule = (name: string, inputs: Record<string, unknown>) => ({
      urn: name,
      type: INGRESS,
      name,
      inputs: { ...RULE, ...inputs },
      dependencies: [],
      propertyDependencies: { securityGroupId: ["urn-of-the-group"] },
    });
    assert.equal(violationsAcross([rule("a", {}), rule("b", {})]).length, 1);
    assert.equal(violationsAcross([rule("a", {}), rule("b", { toPort: 23 })]).length, 0);
    const many = Array.from({ length: 61 }, (_, i) => rule(String(i), { fromPort: i, toPort: i }));
    assert.equal(violationsAcross(many).length, 1);
    assert.equal(violationsAcross(many.slice(1)).length, 0);
  });
});

describe("the rules", () => {
  it("are about types that the kit has, and name their sources", () => {
    for (const rules of [API_RULES, PROSE_RULES, AUTO_NAMES])
      for (const type of Object.keys(rules)) assert.ok(AWS_TYPES[type] !== undefined, type);
    for (const rules of [API_RULES, PROSE_RULES])
      for (const [type, properties] of Object.entries(rules))
        for (const [property, all] of Object.entries(properties))
          for (const { source, pattern, not } of all) {
            assert.notEqual(source, "", `${type} ${property}`);
            for (const text of [pattern, not]) if (text !== undefined) assert.ok(new RegExp(text, "u"));
          }
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "../../../config";
import type { AwsStackConfig } from "../../../config/platforms/aws";
import { INSTANCE_TYPES } from "../../../config/platforms/aws/instance-types";
import { root } from "../../../cli/paths";
import { needOf } from "../../../cli/platform/aws/quotas/need";
import { isShort, QUOTAS } from "../../../cli/platform/aws/quotas/quotas";
import { missingOf } from "../../../cli/platform/aws/quotas/standings";
import { isStandard, vcpusOf } from "../../../cli/platform/aws/quotas/vcpus";
import { stackValues } from "../../support/aws/stack";

function configOf(stack: string, changes: Record<string, unknown> = {}): AwsStackConfig {
  const config = parseConfig({ ...stackValues(stack), ...changes }, stack);
  assert.ok(config.platform === "aws");
  return config;
}

/** vCPUs and Elastic IPs of a stack. */
function figures(stack: string): { vcpus: number; addresses: number } {
  const { instances, addresses } = needOf(configOf(stack));
  const vcpus = Object.values(instances).reduce((sum, type) => sum + (vcpusOf(type) ?? NaN), 0);
  return { vcpus, addresses: addresses.length };
}

describe("vCPUs of an instance type", () => {
  it("are told by its name, for every type of our table", () => {
    for (const type of INSTANCE_TYPES) {
      assert.ok(isStandard(type), type);
      assert.ok((vcpusOf(type) ?? 0) > 0, type);
    }
  });

  it("are those that AWS lists", () => {
    // Source: docs.aws.amazon.com, "Amazon EC2 instance types".
    const known = { "t3.nano": 2, "t4g.large": 2, "t3.2xlarge": 8, "m6g.medium": 1, "m6i.large": 2, "c5.9xlarge": 36 };
    for (const [type, vcpus] of Object.entries(known)) assert.equal(vcpusOf(type), vcpus, type);
  });

  it("aren't guessed where the name doesn't say", () => {
    for (const type of ["m5.metal", "t2.micro", "x2gd.large", "nonsense"]) assert.equal(vcpusOf(type), undefined, type);
    for (const type of ["inf1.xlarge", "dl1.24xlarge", "hpc6a.48xlarge", "g5.xlarge", "x2gd.large"])
      assert.ok(!isStandard(type), type);
  });
});

describe("quotas that a stack needs", () => {
  it("are each named once, with its code", () => {
    assert.equal(new Set(QUOTAS.map(({ code }) => code)).size, QUOTAS.length);
    for (const { code } of QUOTAS) assert.match(code, /^L-[0-9A-F]{8}$/);
  });

  it("count only what the state doesn't have: the rest is in use already", () => {
    const need = needOf(configOf("test"));
    const resource = (type: string, name: string, id?: string) => ({ urn: `urn:pulumi:test::x::y::${name}`, type, id });
    const state = JSON.stringify({
      deployment: {
        resources: [
          resource("aws:ec2/instance:Instance", "manager-1", "i-0a"),
          // Begun, and never written down whole.
          resource("aws:ec2/instance:Instance", "manager-2"),
          resource("aws:ec2/vpc:Vpc", "vpc", "vpc-1"),
        ],
      },
    });
    const [all, some] = [missingOf(need, undefined), missingOf(need, state)];
    assert.equal(all.types.length, Object.keys(need.instances).length);
    assert.equal(some.types.length, all.types.length - 1);
    assert.deepEqual([all.vpcs, some.vpcs], [["vpc"], []]);
  });

  it("aren't those of an existing VPC, of other families, or of a bastion without an address", () => {
    const aws = stackValues("test")["aws"] as Record<string, unknown>;
    const subnet = { id: "subnet-0123456789abcdef0", cidr: "10.212.0.0/24" };
    const zones = stackValues("test")["zones"] as string[];
    const subnets = Object.fromEntries(
      zones.map((zone, i) => [
        zone,
        {
          private: { ...subnet, cidr: `10.212.${i}.0/24` },
          public: { id: `subnet-0123456789abcdef${i}`, cidr: `10.212.1${i}.0/27` },
        },
      ]),
    );
    const network = { vpc: { id: "vpc-0123456789abcdef0", cidr: "10.212.0.0/16" }, subnets };
    const need = needOf(configOf("test", { aws: { ...aws, network, bastion: { access: "ssm" } } }));
    assert.deepEqual([need.vpcs, need.addresses, need.natGateways, need.gateways], [[], [], {}, []]);
  });

  it("grow with the ranges of a security group's rules", () => {
    const ranges = Array.from({ length: 70 }, (_, i) => `203.0.113.${i}/32`);
    const access = { ssh: ["203.0.113.0/24"], admin: ranges, app: ["203.0.113.0/24"] };
    assert.equal(needOf(configOf("test", { access })).rules, 70);
  });

  it("are short only where the stack needs more than there is left", () => {
    const [quota] = QUOTAS;
    assert.ok(quota !== undefined);
    assert.ok(isShort({ quota, more: 2, inUse: 4, limit: 5 }));
    assert.ok(!isShort({ quota, more: 1, inUse: 4, limit: 5 }));
    assert.ok(!isShort({ quota, more: 0, inUse: 9, limit: 5 }));
  });

  it("stand in docs/environments.md as the stack files have them", () => {
    const [prod, test] = [figures("prod"), figures("test")];
    const sentence =
      `\`prod\` needs ${prod.vcpus} vCPUs and ${prod.addresses} Elastic IPs, ` +
      `\`test\` ${test.vcpus} and ${test.addresses}; a new account has 5 vCPUs (on-demand Standard) and 5 Elastic IPs.`;
    const docs = readFileSync(join(root, "docs/environments.md"), "utf8");
    assert.ok(docs.includes(sentence), `docs/environments.md should say: ${sentence}`);
  });
});

import assert from "node:assert/strict";
import { parseConfig } from "../../../config";
import type { AwsStackConfig } from "../../../config/platforms/aws";
import { awsArguments } from "../../../cli/platform/aws/ask";
import { describeMissing, offeringsCall, wantedOf } from "../../../cli/platform/aws/quotas/offerings";
import { stackValues } from "../../support/aws/stack";

function configOf(changes: Record<string, unknown> = {}): AwsStackConfig {
  const config = parseConfig({ ...stackValues("test"), ...changes }, "test");
  assert.ok(config.platform === "aws");
  return config;
}

describe("instance types that a zone doesn't offer", () => {
  const config = configOf();
  const wanted = wantedOf(config, undefined);
  const everything = new Set(wanted.map(({ type, zone }) => `${type} ${zone}`));

  it("are looked for where hosts and bastion are to be, each in its own zone", () => {
    assert.equal(wanted.length, 10);
    assert.deepEqual([...new Set(wanted.map(({ zone }) => zone))].sort(), [...config.zones].sort());
    assert.ok(wanted.some(({ name, zone }) => name === "bastion" && zone === config.zones[0]));
  });

  it("aren't looked for where the instance is there already", () => {
    const known = { urn: "urn:pulumi:test::x::y::manager-1", type: "aws:ec2/instance:Instance", id: "i-0a" };
    const state = JSON.stringify({ deployment: { resources: [known] } });
    assert.ok(!wantedOf(config, state).some(({ name }) => name === "manager-1"));
    assert.equal(wantedOf(config, state).length, wanted.length - 1);
  });

  it("are named with zone, hosts, and the zones that offer them", () => {
    assert.equal(describeMissing("test", wanted, everything), undefined);
    const gone = wanted.find(({ name }) => name === "worker-3");
    assert.ok(gone !== undefined);
    const offered = new Set([...everything].filter((pair) => pair !== `${gone.type} ${gone.zone}`));
    const text = describeMissing("test", wanted, offered) ?? "";
    assert.match(text, /doesn't offer these instance types in these zones of the stack test/);
    const [first, second] = config.zones;
    assert.match(
      text,
      new RegExp(`${gone.type} in ${gone.zone}, for .*worker-3.*: offered in ${first ?? ""} and ${second ?? ""}\\n`),
    );
    assert.match(describeMissing("test", wanted, new Set()) ?? "", /: no zone of the region offers it\n/);
  });

  it("are asked for in one call, each type once", () => {
    const call = awsArguments(offeringsCall(["m6i.large", "t3.small", "m6i.large"], "eu-central-1")).join(" ");
    assert.match(
      call,
      /^ec2 describe-instance-type-offerings --region eu-central-1 --location-type availability-zone /,
    );
    assert.ok(call.includes("Name=instance-type,Values=m6i.large,t3.small"), call);
  });
});

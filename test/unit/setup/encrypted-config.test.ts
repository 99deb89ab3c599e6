import assert from "node:assert/strict";
import { stringify } from "yaml";
import { readStackConfig } from "../../../cli/pulumi/config";
import { contract } from "../config/hosts/support";

const SECURE = { secure: "v1:abc:def" };

describe("the configuration that commands read from a stack file", () => {
  it("has examples in place of encrypted parts, so that the rest of it can be read", () => {
    const values = contract();
    values.hosts.ssh["privateKey"] = SECURE;
    values.hosts.ssh["sudoPassword"] = SECURE;
    Object.assign(values.hosts.inventory[0] ?? {}, { privateKey: SECURE });
    values.hosts.registryStorage = {
      s3: { endpoint: "https://s3.example.com", bucket: "registry", region: "r", accessKey: SECURE, secretKey: SECURE },
    };
    const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`swarm-ha:${key}`, value]));
    assert.equal(readStackConfig("racks", { text: stringify({ config }) })?.managers.count, 1);
  });

  it("isn't there where an encrypted part is at a wrong place", () => {
    const values = contract();
    Object.assign(values.hosts.inventory[0] ?? {}, { address: SECURE });
    const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`swarm-ha:${key}`, value]));
    assert.equal(readStackConfig("racks", { text: stringify({ config }) }), undefined);
  });
});

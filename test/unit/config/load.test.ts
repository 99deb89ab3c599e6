import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { loadConfig } from "../../../config/load";
import { namespaceOf } from "../../../config/namespace";
import { parseConfig } from "../../../config/parse";

const ROOT = path.join(__dirname, "..", "..", "..");

/** A stack file's configuration as Pulumi hands it to the program. */
function stackFile(stack: string): Record<string, string> {
  const file = parse(readFileSync(path.join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  const texts = Object.entries(file.config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(texts) as Record<string, string>;
}

/** What loadConfig throws for a stack with this configuration. */
function refusal(config: Record<string, string>): Error {
  pulumi.runtime.setAllConfig(config);
  try {
    loadConfig();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it was accepted");
}

describe("loadConfig", () => {
  after(() => {
    pulumi.runtime.setAllConfig({});
  });

  it("reads the local stack's own file: nine hosts over three zones", () => {
    pulumi.runtime.setAllConfig({ ...stackFile("local"), "pulumi:tags": "{}", "aws:region": "eu-central-1" });
    const config = loadConfig();
    assert.deepEqual(config.zones, ["zone-a", "zone-b", "zone-c"]);
    assert.equal(config.managers.count + config.registry.replicas + (config.workers["worker"]?.count ?? 0), 9);
    assert.deepEqual(config.workers["worker"]?.labels, { "com.example.storage": "ssd" });
  });

  it("refuses a key whose namespace is mistyped, beside all other problems", () => {
    const error = refusal({ ...stackFile("local"), "swarmha:managers": "{}", "swarm-ha:manager": "{}" });
    assert.match(error.message, /swarmha:managers: got the namespace 'swarmha'.*fix: write swarm-ha:managers/);
    assert.match(error.message, /swarm-ha:manager: /);
  });

  for (const stack of ["test", "prod"]) {
    it(`finds nothing wrong with the ${stack} stack`, () => {
      const config = parseConfig(namespaceOf(stackFile(stack)), stack);
      assert.equal(config.platform, "aws");
      assert.deepEqual(config.warnings, []);
    });
  }

  it("says what is wrong with a stack on aws", () => {
    const error = refusal({ ...stackFile("prod"), "swarm-ha:managers": '{"count":2}' });
    assert.ok(pulumi.RunError.isInstance(error), "Pulumi shows a RunError without a stack trace");
    assert.match(error.message, /swarm-ha:managers\.count: got 2/);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { hasResources } from "../../../cli/cluster/has-resources";
import { stateLost } from "../../../cli/platform/local/removal";
import { removalCommand } from "../../../cli/platform/local/removal";
import { nextSteps } from "../../../cli/workstation/next-steps";
import { requireContainers } from "../../../cli/workstation/stack-file";
import { unmanagedAmong } from "../../../cli/platform/local/unmanaged";
import { stackConfigIn } from "../../support/stack-config";

describe("npm start", () => {
  const exported = (deployment: unknown) => JSON.stringify({ version: 3, deployment });

  it("takes a state with nothing but the stack and its providers for an empty one", () => {
    assert.ok(!hasResources(exported({})));
    assert.ok(!hasResources(exported(null)));
    assert.ok(!hasResources(exported({ resources: null, pending_operations: null })));
    const bare = [{ type: "pulumi:pulumi:Stack" }, { type: "pulumi:providers:tls" }];
    assert.ok(!hasResources(exported({ resources: bare })));
    assert.ok(hasResources(exported({ resources: [...bare, { type: "tls:index/privateKey:PrivateKey" }] })));
    assert.ok(hasResources(exported({ resources: bare, pending_operations: [{ type: "creating" }] })));
  });

  it("gives one command against containers without state", () => {
    const container = (name: string) => ({ id: name, identity: name, host: name, name, state: "running" });
    const error = stateLost("x", ["x-a", "x-b", "x-c", "x-d", "x-e"].map(container));
    assert.match(error.message, /x-a, x-b, x-c, 2 more/);
    assert.ok(error.message.includes(removalCommand("x")));
    for (const what of ["docker rm -fv", "docker volume rm", "docker network rm"]) {
      assert.ok(removalCommand("x").includes(what));
    }
    assert.equal(removalCommand("x").match(/--filter label=swarm-ha\.stack=x /g)?.length, 3);
  });

  it("takes containers for unmanaged that aren't in the state, if the stack's network is", () => {
    const [known, dying, extra] = ["known", "dying", "extra"].map((id) => ({
      id: `container-${id}`,
      identity: id,
      host: id,
      name: `x-${id}`,
      state: "running",
    }));
    assert.ok(known !== undefined && dying !== undefined && extra !== undefined);
    const resource = (kind: string, id: string) => ({ urn: id, type: `pulumi-nodejs:dynamic/swarm-ha:${kind}`, id });
    const network = resource("Network", "n");
    const resources = [network, resource("Container", "known"), { ...resource("Container", "dying"), delete: true }];
    assert.deepEqual(unmanagedAmong([known, dying, extra], resources), [extra]);
    assert.deepEqual(unmanagedAmong([extra], [network]), [extra]);
    assert.deepEqual(unmanagedAmong([known, extra], []), []);
  });

  it("refuses stacks without a file, and those of another platform", () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-unit-"));
    const saved = process.env["SWARM_HA_CONFIG_DIR"];
    process.env["SWARM_HA_CONFIG_DIR"] = folder;
    const refused = (stack: string, message: RegExp) => {
      assert.throws(() => {
        requireContainers(stack);
      }, message);
    };
    try {
      writeFileSync(join(folder, "Pulumi.mine.yaml"), "config:\n  swarm-ha:platform: local\n");
      writeFileSync(join(folder, "Pulumi.prod.yaml"), "config:\n  swarm-ha:platform: aws\n");
      writeFileSync(join(folder, "Pulumi.bare.yaml"), "");
      requireContainers("mine");
      refused("other", /no stack .*bare, mine, prod/);
      refused("../mine", /no stack/);
      refused("prod", /platform aws: .*npm run pulumi -- up -s prod/);
      refused(
        "bare",
        /Pulumi\.bare\.yaml is empty\. Allowed platforms: local, aws, hosts\..*\n\nconfig:\n {2}swarm-ha:platform: local\n/,
      );
    } finally {
      if (saved === undefined) Reflect.deleteProperty(process.env, "SWARM_HA_CONFIG_DIR");
      else process.env["SWARM_HA_CONFIG_DIR"] = saved;
      rmSync(folder, { recursive: true });
    }
  });

  it("ends with commands for that very stack", () => {
    assert.ok(!/\blocal\b/.test(nextSteps("demo")));
    for (const part of [
      "npm run -s status -- demo",
      "docker kill demo-manager-1",
      "npm run repair -- demo",
      "npm run destroy -- demo",
    ]) {
      assert.ok(nextSteps("demo").includes(part), part);
    }
  });
});

describe("a stack beside a person's", () => {
  it("differs in its place alone", () => {
    const text =
      "config:\n  swarm-ha:platform: local\n  swarm-ha:network: { overlay: 10.128.0.0/12 }\n  swarm-ha:local: { ports: { app: 1 } }\n";
    const place = { hosts: "10.9.0.0/20", ports: { ssh: 2, manager: 3 } };
    assert.deepEqual(parse(stackConfigIn(place, text)), {
      config: {
        "swarm-ha:platform": "local",
        "swarm-ha:network": { overlay: "10.128.0.0/12", hosts: "10.9.0.0/20" },
        "swarm-ha:local": { ports: { app: 1, ssh: 2, manager: 3 } },
      },
    });
  });
});

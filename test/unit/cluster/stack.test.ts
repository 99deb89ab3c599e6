import assert from "node:assert/strict";
import pc from "picocolors";
import { stackOutputsSchema } from "../../../components/outputs";
import { readArguments } from "../../../cli/terminal/arguments";
import { isHost } from "../../../plan/roles";
import { instancesOf, outputsOf, protectedResources, type Deployment } from "../../../cli/cluster/deployment";
import { desiredOf } from "../../../cli/cluster/desired";
import { evaluate } from "../../../cli/cluster/evaluate";
import { render } from "../../../cli/cluster/render";
import { lastLines } from "../../../cli/cluster/stack";
import { since, span } from "../../../cli/cluster/words";
import { found, nodesOf, NOW, SWARM, wanted } from "./support";

const CONTAINER = "pulumi-nodejs:dynamic/swarm-ha:Container";
const URN = "urn:pulumi:local::swarm-ha::";
const secret = (value: unknown): unknown => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

/** A state with these instances, as name and role. */
function state(instances: readonly (readonly [string, string])[], outputs: Record<string, unknown> = {}): Deployment {
  return {
    deployment: {
      resources: [
        { urn: `${URN}pulumi:pulumi:Stack::swarm-ha-local`, type: "pulumi:pulumi:Stack", outputs },
        {
          urn: `${URN}x:Network::network`,
          type: "x:Network",
          custom: true,
          id: "n",
          outputs: { labels: { "swarm-ha.stack": "local" } },
        },
        ...instances.map(([name, role]) => ({
          urn: `${URN}x:Container::${name}`,
          type: CONTAINER,
          custom: true,
          id: `instance-${name}`,
          outputs: { labels: { "swarm-ha.role": role, "swarm-ha.zone": "a", "swarm-ha.host": name } },
        })),
      ],
    },
  };
}

describe("a stack's state", () => {
  it("has its hosts by labels or tags, without those that are being replaced", () => {
    const deployment = state([
      ["manager-1", "manager"],
      ["bastion", "bastion"],
    ]);
    deployment.deployment?.resources?.push(
      {
        urn: `${URN}aws:Instance::worker-1`,
        type: "aws:ec2/instance:Instance",
        custom: true,
        id: "i-1",
        inputs: { tags: { "swarm-ha.role": "worker" } },
      },
      // Tagged like the instance that it belongs to, but not an instance.
      {
        urn: `${URN}aws:ssm/parameter:Parameter::host-key-worker-1`,
        type: "aws:ssm/parameter:Parameter",
        custom: true,
        id: "/local/worker-1",
        inputs: { tags: { "swarm-ha.role": "worker", "swarm-ha.host": "worker-1" } },
      },
      {
        urn: `${URN}x:Container::manager-1`,
        type: CONTAINER,
        custom: true,
        id: "old",
        delete: true,
        outputs: { labels: { "swarm-ha.role": "manager" } },
      },
    );
    const instances = instancesOf(deployment);
    assert.deepEqual(
      instances.map(({ name, role, id }) => [name, role, id]),
      [
        ["manager-1", "manager", "instance-manager-1"],
        ["bastion", "bastion", "instance-bastion"],
        ["worker-1", "worker", "i-1"],
      ],
    );
    assert.deepEqual(
      instances.filter(isHost).map((instance) => instance.name),
      ["manager-1", "worker-1"],
    );
    assert.deepEqual(instancesOf({ deployment: null }), []);
  });

  it("unwraps secret outputs, also inside others, and names what is protected", () => {
    const deployment = state([], { swarmId: "s", access: secret({ client: { key: "k" }, list: [1] }) });
    assert.deepEqual(outputsOf(deployment), { swarmId: "s", access: { client: { key: "k" }, list: [1] } });
    deployment.deployment?.resources?.push({ urn: `${URN}aws:Bucket::images`, type: "aws:Bucket", protect: true });
    assert.deepEqual(protectedResources(deployment), ["images (aws:Bucket)"]);
  });

  it("has unknown outputs of resources that the last up couldn't create", () => {
    const mark = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const hosts = { "worker-1": { address: mark }, "worker-2": { address: "10.0.0.2" } };
    assert.deepEqual(outputsOf(state([], { swarmId: mark, hosts, access: secret([mark]) })), {
      swarmId: "unknown",
      hosts: { "worker-1": { address: "unknown" }, "worker-2": { address: "10.0.0.2" } },
      access: ["unknown"],
    });
  });

  it("wins over the outputs after an up that didn't finish or left a host out", () => {
    const outputs = stackOutputsSchema.parse({
      swarmId: SWARM,
      hosts: {
        "worker-1": { role: "worker" as const, zone: "a", address: "10.0.1.9" },
        "worker-2": { role: "worker" as const, zone: "b" },
      },
      endpoints: { manager: "tcp://127.0.0.1:1" },
      caCertificate: "ca",
      access: {
        bastion: { host: "h", port: 1, user: "root", privateKey: "p", hostKey: "h" },
        renewalDays: 30,
        certificates: [],
        appCertificate: "stack" as const,
        client: { cert: "c", key: "k" },
        nodes: [...wanted(1, 1, 2).nodes],
        loadBalancers: { manager: { url: "tcp://127.0.0.1:1" } },
      },
    });
    const names = ["manager-1", "registry-1", "worker-1", "worker-3"].map(
      (name) => [name, name.split("-")[0] ?? ""] as const,
    );
    const desired = desiredOf("local", outputs, instancesOf(state(names)));
    assert.deepEqual(desired.unfinished, ["worker-2", "worker-3"]);
    assert.deepEqual(
      desired.nodes.map((node) => [node.name, node.identity, node.address]),
      [
        ["manager-1", "instance-manager-1", "unknown"],
        ["registry-1", "instance-registry-1", "unknown"],
        ["worker-1", "instance-worker-1", "10.0.1.9"],
        ["worker-2", "", "unknown"],
        ["worker-3", "instance-worker-3", "unknown"],
      ],
    );
    assert.deepEqual(desired.nodes.at(-1)?.labels, { storage: "ssd" }, "like others of its pool");
  });
});

describe("the output of commands", () => {
  it("reads command lines, and reports what is wrong with one", () => {
    const read = (...args: string[]) => readArguments("tool …", { flags: ["all", "json"], hosts: true }, args);
    assert.deepEqual(read("prod", "a", "b", "--all"), {
      ...{ stack: "prod", hosts: ["a", "b"], given: ["--all"] },
      ...{ all: true, json: false },
    });
    assert.throws(() => read(), /Which stack\? Usage: tool/);
    assert.throws(() => read("local", "--nope"), /--nope.*Usage: tool/);
    assert.throws(
      () => readArguments("tool", { flags: [], stack: "local" }, ["a", "b"]),
      /^UserError: Unexpected argument: b\. Usage: tool$/,
    );
    assert.equal(readArguments("tool", { flags: [], stack: "local" }, []).stack, "local");
  });

  it("shows a table without colours where there are none, every node in line with the head", () => {
    const desired = wanted();
    const { status, exitCode } = evaluate(desired, found(desired, nodesOf(desired, { "worker-2": undefined })));
    const lines = render("local", status, exitCode, pc.createColors(false)).split("\n");
    assert.match(lines[0] ?? "", /^local is degraded {3}swarm swarm-of-the-stack$/);
    const column = lines.find((line) => line.startsWith("NODE"))?.indexOf("STATUS");
    assert.equal(lines.find((line) => line.startsWith("worker-2"))?.indexOf("Missing"), column);
    assert.match(lines.join("\n"), /1 problem\n {2}- worker-2 \(worker in b\) is not in the swarm/);
    assert.match(render("local", status, exitCode, pc.createColors(true)), /\u001b\[3/);
  });

  it("reports in one line which load balancers' members are unknown, and why", () => {
    const desired = wanted();
    const live = found(desired, nodesOf(desired), { loadBalancers: { manager: { unknown: "it has no table" } } });
    const { status, exitCode } = evaluate(desired, live);
    const page = render("prod", status, exitCode, pc.createColors(false));
    assert.match(page, /^members of manager unknown: it has no table$/m);
    assert.match(page, /manager-1\? manager-2\? manager-3\?/);
  });

  it("writes spans and times readably", () => {
    assert.deepEqual([5, 99, 600, 7500, 200_000].map(span), ["5 s", "99 s", "10 min", "2 h 5 min", "2 d 7 h"]);
    assert.equal(since("2030-01-01T03:04:05Z", NOW), " since 2030-01-01 03:04:05 UTC (24 h 0 min ago)");
    assert.equal(since("nonsense", NOW), "");
  });

  it("shows the lines of a failed run that have the reason", () => {
    assert.equal(lastLines("a\nb\n\nDiagnostics:\n  x failed\n"), "Diagnostics:\n  x failed");
    assert.equal(lastLines("a\nb\n"), "a\nb");
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "../../../config";
import { daemonSettings } from "../../../components/swarm/engine";
import { dataText } from "../../../components/ssh/script";
import { engineNetwork } from "../../../plan/addressing";
import type { Deployment } from "../../../cli/cluster/deployment";
import { evaluate } from "../../../cli/cluster/evaluate";
import type { HostDetails, HostLook } from "../../../cli/diagnose/host-report";
import { differencesOf, machineDifferences, planDifferences, type Compared } from "../../../cli/drift/differences";
import { deployedImages, imageDifferences } from "../../../cli/drift/own-images";
import { refreshDifferences } from "../../../cli/drift/refresh";
import { wantedSettings } from "../../../cli/drift/wanted-settings";
import { allFacts } from "../../../cli/platform/facts";
import { root } from "../../../cli/paths";
import { bash } from "../../support/bash";
import { found, nodesOf, wanted } from "../cluster/support";

const desired = wanted();
const DIGESTS = { settings: "s", labels: "l" };
const settings = Object.fromEntries(desired.nodes.map(({ name }) => [name, DIGESTS]));

function look(name: string, role: string, more: Partial<HostDetails> = {}): HostLook {
  const details: HostDetails = {
    ...{ os: "Debian 13", engine: "26.1.5+dfsg1", mtu: {}, addresses: [], features: {}, names: {}, reach: [] },
    ...{ daemon: { ...DIGESTS, applied: "s" } },
    ...more,
  };
  return { name, role, reached: true, via: "bastion", parts: {}, details };
}

/** All hosts alike, but for the changes by name. */
function compared(
  changes: Readonly<Record<string, Partial<HostDetails>>> = {},
  nodes = nodesOf(desired),
  more: Partial<Compared> = {},
): Compared {
  return {
    stack: "local",
    evaluation: evaluate(desired, found(desired, nodes)),
    looks: desired.nodes.map(({ name, role }) => look(name, role, changes[name])),
    upgrade: { version: "26.1.5", way: "replace" },
    settings,
    ...more,
  };
}

describe("drift", () => {
  it("is none when all is as configured", () => {
    assert.deepEqual(differencesOf(compared()), { differences: [], notCompared: [] });
  });

  it("has what status finds, from the same evaluation, and says whether repair fixes it", () => {
    const labels = { "swarm-ha.zone": "elsewhere" };
    const { differences } = differencesOf(
      compared(
        {},
        nodesOf(desired, {
          "worker-1": { labels },
          "worker-2": { engineLabels: {} },
          "worker-3": { availability: "drain" },
        }),
      ),
    );
    assert.deepEqual(
      differences.map(({ kind, hosts, repair }) => [kind, hosts[0], repair]),
      [
        ["availability", "worker-3", true],
        ["labels", "worker-1", true],
        ["labels", "worker-2", false],
      ],
    );
  });

  it("leaves out what is no difference from the configuration", () => {
    const evaluation = {
      problems: (["leader", "quorum", "disk", "loadBalancer", "application"] as const).map((kind) => ({
        ...{ kind, hosts: [], text: kind },
      })),
    };
    assert.deepEqual(differencesOf(compared({}, undefined, { evaluation })), { differences: [], notCompared: [] });
  });

  it("is another version of the Docker engine than the configured one, or different ones", () => {
    const newer = { "worker-2": { engine: "28.5.2" } };
    const [one, ...none] = differencesOf(compared(newer)).differences;
    assert.deepEqual([one?.kind, one?.hosts, none], ["engine", ["worker-2"], []]);
    assert.match(one?.text ?? "", /npm run upgrade -- local$/);
    const looks = compared(newer).looks;
    const { stack, evaluation } = compared();
    const [unlike] = differencesOf({ stack, evaluation, looks, settings }).differences;
    assert.equal(unlike?.hosts.length, 9);
    assert.match(unlike.text, /28\.5\.2 on worker-2/);
    const older = { "worker-1": { os: "Debian 12" } };
    const [system] = differencesOf(compared(older)).differences;
    assert.match(system?.text ?? "", /Debian 12 on worker-1.*npm run replace -- local <host>$/);
    const inPlace = { upgrade: { version: "26.1.5", way: "in place" } } as const;
    const [updated] = differencesOf(compared(older, undefined, inPlace)).differences;
    assert.match(updated?.text ?? "", /npm run upgrade -- local --reboot$/);
  });

  it("is a daemon.json that was edited, or one that waits for a replacement", () => {
    const { differences } = differencesOf(
      compared({
        "worker-1": { daemon: { settings: "edited", labels: "l", applied: "s" } },
        "worker-2": { daemon: { settings: "old", labels: "l", applied: "old" } },
        "worker-3": { daemon: { settings: "s", labels: "edited", applied: "s" } },
        // Nothing is known of it.
        "manager-1": { daemon: {} },
      }),
    );
    assert.deepEqual(
      differences.map(({ kind, hosts, repair }) => [kind, hosts, repair]),
      [
        ["settings", ["worker-1", "worker-3"], false],
        ["settings", ["worker-2"], false],
      ],
    );
  });

  it("names what couldn't be compared, and a dead host once", () => {
    const looks = compared().looks.map((one): HostLook =>
      ["worker-1", "worker-2"].includes(one.name)
        ? { name: one.name, role: one.role, reached: false, seen: "no route" }
        : one,
    );
    const nodes = nodesOf(desired, { "worker-1": { state: "down" } });
    const drift = differencesOf(compared({}, nodes, { looks }));
    assert.deepEqual(
      drift.differences.map(({ hosts }) => hosts),
      [["worker-1"]],
    );
    assert.deepEqual(drift.notCompared, ["versions and settings of worker-2: no route"]);
    const { stack, evaluation, looks: all } = compared();
    assert.equal(differencesOf({ stack, evaluation, looks: all }).notCompared.length, 1);
  });

  it("is a host that the configuration has and the stack hasn't, and the other way round", () => {
    const hosts = (names: string): { name: string }[] => names.split(" ").map((name) => ({ name }));
    assert.deepEqual(planDifferences("local", hosts("a b"), hosts("a b")), []);
    const found = planDifferences("local", hosts("a b"), hosts("b c"));
    assert.deepEqual(
      found.map((one) => [one.kind, one.hosts, one.repair]),
      [
        ["plan", ["a"], false],
        ["plan", ["c"], false],
      ],
    );
  });
});

describe("the digests of daemon.json", () => {
  it("are those that the host's own jq computes (scripts/prepare.sh, scripts/diagnose.sh)", () => {
    const config = parseConfig(
      { platform: "local", workers: { web: { count: 1, labels: { b: "ü", a: "1" } } } },
      "local",
    );
    const input = JSON.stringify(
      daemonSettings({ labels: { b: "ü", a: "1" }, network: engineNetwork(config) }),
      null,
      2,
    );
    const { code, stdout, stderr } = bash(
      `daemon=$(cat); for part in 'del(.labels)' .labels; do jq -cS "$part" <<<"$daemon" | sha256sum | cut -d' ' -f1; done`,
      { input },
    );
    assert.equal(code, 0, stderr);
    const { settings: own, labels } = wantedSettings(config)["web-1"] ?? {};
    assert.deepEqual(stdout.trim().split("\n"), [own, labels]);
  });
});

describe("images of the stack's own services", () => {
  const compose = readFileSync(join(root, "stacks/registry.yml"), "utf8");
  const step = (stdin: string): Deployment => ({
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:local::swarm-ha::command:remote:Command::stack-registry",
          type: "command:remote:Command",
          inputs: { stdin },
        },
      ],
    },
  });

  it("are read from the step that deploys them, as the program writes its input", () => {
    const stdin = dataText({ stack: "swarm-ha-registry", compose: { "1": compose }, values: { IMAGE: "it's:3" } });
    assert.deepEqual(deployedImages(step(stdin)), { "swarm-ha-registry_registry": "it's:3" });
    assert.deepEqual(deployedImages(step("nothing")), {});
  });

  it("differ when a service was updated by hand; one that is gone is another problem", () => {
    const [one, ...more] = imageDifferences("local", { a: "x:1", b: "y:1", c: "z:1" }, { a: "x:2", b: "y:1" });
    assert.match(one?.text ?? "", /service update --image x:1 a$/);
    assert.deepEqual(more, []);
  });
});

describe("a preview of a refresh", () => {
  const resource = (op: string, type: string, before: object, after?: object): object => ({
    ...{ op, urn: `urn:pulumi:prod::swarm-ha::${type}::it`, oldState: { type, ...before } },
    ...(after === undefined ? {} : { newState: { type, ...after } }),
  });
  const rule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
  const inputs = { securityGroupId: "sg-1", ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIpv4: "10.0.0.0/8" };
  const found = (...steps: object[]): string[] =>
    refreshDifferences("prod", { steps }, allFacts()).map(({ text }) => text);

  it("shows rules of security groups that were changed, and resources that are gone, without values", () => {
    const [changed = "", gone = "", ...more] = found(
      resource("refresh", rule, { inputs, outputs: inputs }, { outputs: inputs }),
      resource("update", rule, { inputs, outputs: inputs }, { outputs: { ...inputs, cidrIpv4: "0.0.0.0/0" } }),
      resource("delete", "aws:ec2/instance:Instance", { inputs: {}, outputs: {} }),
      resource("update", "aws:ec2/instance:Instance", { outputs: { publicDns: "a" } }, { outputs: { publicDns: "b" } }),
    );
    assert.match(changed, /SecurityGroupIngressRule.*cidrIpv4/);
    assert.ok(!changed.includes("0.0.0.0"));
    assert.match(gone, /it \(aws:ec2\/instance:Instance\) is in the state/);
    assert.deepEqual(more, []);
  });
});

describe("machines of hosts that existed before the stack", () => {
  it("differ where another one answers, which repair sets up", () => {
    const machines = [{ name: "web-1" }, { name: "web-2", gone: "it was re-installed" }];
    assert.deepEqual(machineDifferences("rack", machines), [
      {
        kind: "cloud",
        hosts: ["web-2"],
        text: "web-2: it was re-installed. Set it up again: npm run repair -- rack",
        repair: true,
      },
    ]);
  });
});

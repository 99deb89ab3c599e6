import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instancesOf } from "../../../cli/cluster/deployment";
import { containersOf, lookAtPlatform, membersOf, prepareFor } from "../../../cli/cluster/platform";
import { PLATFORMS, cliPlatformOf, platformsOf } from "../../../cli/platform";
import { FACTS, factsOf, hasLocalState } from "../../../cli/platform/facts";
import type { Containers, Platform, CliPlatformFacts, PlatformName } from "../../../cli/platform/types";
import { readStackFile } from "../../../cli/pulumi/project";
import { slotsFor } from "../../../cli/pulumi/slots";
import { parsePreview } from "../../../cli/review/preview";
import { reviewOf } from "../../../cli/review/review";
import { requireContainers } from "../../../cli/workstation/stack-file";
import { describeKey } from "../../../config/describe";
import { PLATFORMS as CONFIGURED } from "../../../config/platforms";
import { RULES } from "../../../policy/rules";
import { previewText, step } from "../review/support";

const INSTANCE = "fake:index:Server";
const asked: string[] = [];

/** A platform that doesn't exist: its instances are a cloud's, and its load balancers can't be asked for their members. */
const facts: CliPlatformFacts = {
  localState: false,
  parallelSteps: () => 17,
  noticeSeconds: 1,
  types: {
    instance: INSTANCE,
    labels: "marks",
    loadBalancers: ["fake:index:Balancer"],
    listeners: ["fake:index:Port"],
    address: "address",
    data: { "fake:index:Disk": "its content" },
  },
  protectsData: true,
  isThrowaway: (settings) => settings === "throwaway",
  hasPolicies: false,
  ingressRulesOf: ({ type, name }) =>
    type === INSTANCE ? [{ from: "10.0.0.0/8", to: name, protocol: "tcp", port: "22" }] : [],
  groupsOf: () => [],
};
const fake: Platform = {
  ...facts,
  preflight: ({ stack }) => {
    asked.push(stack);
    return Promise.resolve();
  },
  checks: () => [],
  members: () => Promise.resolve({ app: { unknown: "by the fake" } }),
};

describe("the platforms, as the commands see them", () => {
  it("are those that the configuration knows, each with its facts", () => {
    const known = [...(describeKey(["platform"]).enum ?? [])].sort();
    assert.ok(known.length >= 2);
    assert.deepEqual(Object.keys(PLATFORMS).sort(), known);
    assert.deepEqual(Object.keys(FACTS).sort(), known);
    for (const [name, platform] of Object.entries(PLATFORMS)) {
      const all = new Map<string, unknown>(Object.entries(platform));
      for (const [key, value] of Object.entries(FACTS[name as PlatformName])) {
        assert.equal(all.get(key), value, `${name} ${key}`);
      }
    }
  });

  it("are found by the name in the stack file, and by nothing else", () => {
    for (const name of ["Local", "toString", "", "host", undefined]) {
      assert.equal(cliPlatformOf({ platform: name }), undefined, name);
      assert.equal(factsOf({ platform: name }), undefined, name);
      assert.ok(!hasLocalState({ platform: name }), name);
      assert.ok(platformsOf({ platform: name }).every(({ localState }) => localState !== true));
    }
  });

  it("keep their state on this workstation always, never, or until the user has chosen a backend", () => {
    const [none, chosen] = [{ HOME: "/nowhere", PULUMI_HOME: "/nowhere" }, { PULUMI_BACKEND_URL: "s3://states" }];
    const where = Object.keys(FACTS).map((platform) => [
      platform,
      hasLocalState({ platform }, none),
      hasLocalState({ platform }, chosen),
    ]);
    assert.deepEqual(where, [
      ["local", true, true],
      ["aws", false, false],
      ["hosts", true, false],
    ]);
  });
});

/** All that a further platform takes: an entry in each record. */
describe("one platform more", () => {
  const saved = process.env["SWARM_HA_CONFIG_DIR"];
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-platforms-"));
    process.env["SWARM_HA_CONFIG_DIR"] = folder;
    const write = (stack: string, text: string): void => {
      writeFileSync(join(folder, `Pulumi.${stack}.yaml`), text);
    };
    for (const stack of ["x", "reserved"]) write(stack, "config:\n  swarm-ha:platform: fake\n");
    write("lost", "config:\n  swarm-ha:platform: fale\n");
    Object.assign(PLATFORMS, { fake });
    Object.assign(FACTS, { fake: facts });
  });
  after(() => {
    for (const record of [PLATFORMS, FACTS]) Reflect.deleteProperty(record, "fake");
    if (saved === undefined) Reflect.deleteProperty(process.env, "SWARM_HA_CONFIG_DIR");
    else process.env["SWARM_HA_CONFIG_DIR"] = saved;
    rmSync(folder, { recursive: true, force: true });
  });

  it("is one that a stack file can name, and has a say in the stack's name", () => {
    assert.equal(readStackFile("x").platform, "fake");
    const stackName = (stack: string) =>
      stack === "reserved" ? { key: "the stack's name", got: stack, allowed: "others", fix: "rename it" } : undefined;
    Object.assign(CONFIGURED, { fake: { stackName } });
    try {
      assert.equal(readStackFile("x").platform, "fake");
      assert.throws(() => readStackFile("reserved"), /can't be called reserved\. Allowed: others\. Fix: rename it/);
    } finally {
      Reflect.deleteProperty(CONFIGURED, "fake");
    }
    assert.throws(() => readStackFile("lost"), /has the platform 'fale'\. Allowed platforms: local, aws, hosts, fake/);
  });

  it("is asked before a run, alone where the file names it, and with every other cloud where only ESC does", async () => {
    const run = { stack: "x", file: readStackFile("x"), args: ["up"], official: true };
    for (const platform of platformsOf(run.file))
      await platform.preflight({
        ...run,
        state: () => Promise.resolve(undefined),
        config: () => Promise.resolve({}),
      });
    assert.deepEqual(asked, ["x"]);
    assert.deepEqual(platformsOf({ platform: undefined }), [PLATFORMS.aws, PLATFORMS.hosts, fake]);
  });

  it("has instances in a state, and members of load balancers", async () => {
    const instance = {
      urn: "urn:pulumi:x::swarm-ha::fake:index:Server::manager-1",
      type: INSTANCE,
      id: "server-7",
      outputs: { marks: { "swarm-ha.role": "manager", "swarm-ha.zone": "a", "swarm-ha.host": "manager-1" } },
    };
    const deployment = { deployment: { resources: [instance] } };
    const instances = instancesOf(deployment);
    assert.deepEqual(
      instances.map(({ name, role, id }) => [name, role, id]),
      [["manager-1", "manager", "server-7"]],
    );
    assert.deepEqual(await membersOf({ stack: "x", deployment, instances }), { app: { unknown: "by the fake" } });
  });

  it("needs nothing of what only others have", async () => {
    assert.equal(containersOf("x"), undefined);
    assert.equal(await prepareFor("x"), undefined);
    assert.deepEqual(await lookAtPlatform("x"), {});
    assert.throws(() => requireContainers("x"), /is on the platform fake: .*npm run pulumi -- up -s x/);
  });

  it("shows differences where its hosts are containers, and nothing when the Docker engine can't be asked", async () => {
    const differences = [{ hosts: ["worker-1"], text: "worker-1 is stopped", kept: true }];
    const containers = (inspect: Containers["inspect"]) => ({ ...fake, containers: { inspect } as Containers });
    try {
      Object.assign(PLATFORMS, {
        fake: containers(() => Promise.resolve({ differences, unmanaged: ["y"], emptied: ["z"] })),
      });
      assert.deepEqual(await lookAtPlatform("x"), { differences, unmanaged: ["y"] });
      Object.assign(PLATFORMS, { fake: containers(() => Promise.reject(new Error("no Docker engine"))) });
      assert.deepEqual(await lookAtPlatform("x"), {});
    } finally {
      Object.assign(PLATFORMS, { fake });
    }
  });

  it("has its own least of parallel steps", () => {
    const platform = "fake" as PlatformName;
    assert.equal(slotsFor({ platform, registry: { replicas: 3 }, workers: {} }, 2), 17);
  });

  it("is reviewed: instances, ports, load balancers and data", () => {
    const marks = {
      "swarm-ha.host": "worker-1",
      "swarm-ha.role": "worker",
      "swarm-ha.zone": "a",
      "swarm-ha.pool": "worker",
    };
    const steps = [
      step(INSTANCE, "worker-1", { op: "create", inputs: { marks } }),
      step("fake:index:Balancer", "lb-app"),
      step("fake:index:Port", "lb-web-443", { op: "replace" }),
      step("fake:index:Disk", "images", { op: "create" }),
      step("fake:index:Disk", "old", { op: "delete" }),
    ];
    const review = (config: Record<string, string>) =>
      reviewOf(parsePreview(previewText(steps, { "swarm-ha:platform": "fake", ...config }), "the preview"));
    const { hosts, others, ports, state, tiers, dangers, policies } = review({});
    assert.deepEqual(
      hosts.map(({ name, pool }) => [name, pool]),
      [["worker-1", "worker"]],
    );
    assert.deepEqual(
      others.map(({ name }) => name),
      ["lb-app"],
    );
    assert.deepEqual(ports.opened, [{ from: "10.0.0.0/8", to: "worker-1", protocol: "tcp", port: "22" }]);
    assert.match(JSON.stringify(tiers), /recreates or removes lb-web-443/);
    assert.deepEqual(state.lost, ["old is removed, which deletes its content"]);
    assert.deepEqual(policies, []);
    const reasons = (found: typeof dangers): string[] => found.found.flatMap((danger) => danger.reasons);
    assert.ok(reasons(dangers).includes("images is new, and nothing protects it"));
    const throwaway = review({ "swarm-ha:fake": JSON.stringify("throwaway") }).dangers;
    assert.ok(!reasons(throwaway).includes("images is new, and nothing protects it"));
  });

  it("has hosts that no policy lets anybody protect", () => {
    const host = { urn: "urn:a", type: INSTANCE, name: "worker-1", inputs: {}, protect: true, references: {} };
    const rule = RULES.find(({ name }) => name === "hosts-never-protected");
    assert.equal(rule?.check([host]).length, 1);
  });
});

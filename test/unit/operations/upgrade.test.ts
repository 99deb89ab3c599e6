import assert from "node:assert/strict";
import type { Outcome, Step } from "../../../cli/operations/operation";
import { upgrade, type Upgrade, type UpgradeSeen } from "../../../cli/operations/upgrade";
import { LABELS } from "../../../plan/labels";
import { FakeCluster, reached, runQuietly } from "./fake-cluster";

const HEALTHY = "Waiting until the cluster is healthy, 180 s: enough";

describe("upgrade", () => {
  let cluster: FakeCluster;
  beforeEach(() => {
    cluster = new FakeCluster();
    cluster.engine = "27.5.1";
    cluster.hosts = Object.fromEntries(cluster.now().desired.nodes.map(({ name }) => [name, reached()]));
  });

  const run = (
    wish: Partial<Upgrade> = {},
    options: { yes?: boolean; dryRun?: boolean; questions?: string[] } = {},
  ): Promise<Outcome<UpgradeSeen, Step>> =>
    runQuietly(
      upgrade(cluster, {
        ...{ version: "27.5.1", key: "swarm-ha:local.engine", way: "replace" },
        ...{ reboot: false, skipMajor: false, force: false, given: [] },
        ...wish,
      }),
      options,
    );
  const inPlace = { way: "in place", key: "swarm-ha:aws.engine" } as const;
  /** What was changed, in that order. */
  const changes = (): string[] => cluster.log.filter((line) => /^(up|accept)/.test(line));
  const dead = { state: "down" } as const;

  it("replaces registry nodes and workers, then managers one at a time, the leader last", async () => {
    const { settled } = await run();
    assert.equal(settled, true);
    assert.deepEqual(changes(), [
      ...["up registry-1", "up registry-2", "up registry-3", "up worker-1", "up worker-2", "up worker-3"],
      ...["up manager-2", "up manager-3", "up manager-1"],
    ]);
    assert.equal(cluster.log.filter((line) => line === HEALTHY).length, 9);
  });

  it("goes by the stack as it is under the lock, not by the one of before", async () => {
    cluster.events = { "bring back": () => void cluster.removed.push("worker-3") };
    const { settled } = await run();
    assert.deepEqual([settled, changes().length, changes().includes("up worker-3")], [true, 8, false]);
  });

  it("takes the leader of that moment last", async () => {
    cluster.events = {
      "up worker-3": () => {
        cluster.nodes = {
          ...cluster.nodes,
          "manager-1": { ...cluster.nodes["manager-1"], leader: false },
          "manager-2": { ...cluster.nodes["manager-2"], leader: true },
        };
      },
    };
    await run();
    assert.deepEqual(changes().slice(-3), ["up manager-1", "up manager-3", "up manager-2"]);
  });

  it("upgrades in place, in the same order", async () => {
    assert.equal((await run(inPlace)).settled, true);
    assert.deepEqual(
      cluster.log.filter((line) => /^(upgrade|systems)/.test(line)).map((line) => line.replace("upgrade ", "")),
      [
        "systems of manager-1 manager-2 manager-3 registry-1 registry-2 registry-3 worker-1 worker-2 worker-3",
        ...["registry-1", "registry-2", "registry-3", "worker-1", "worker-2", "worker-3"].map(
          (name) => `${name} 27.5.1`,
        ),
        ...["manager-2", "manager-3", "manager-1"].map((name) => `${name} 27.5.1`),
      ],
    );
  });

  it("has nothing to do where all hosts have the version, whatever a distribution adds to it", async () => {
    const { settled, past } = await run({ version: "26.1.5" });
    assert.deepEqual([settled, past, changes()], [true, [], []]);
  });

  it("goes on with the hosts that are left when it is run again", async () => {
    cluster.failing = { "up worker-1": "no capacity" };
    const first = await run({ given: ["--skip-major"] });
    assert.equal(first.settled, false);
    assert.equal(
      first.error,
      "worker-1 could not be upgraded. Fix that, then run: npm run upgrade -- local --skip-major\nno capacity",
    );
    cluster.failing = {};
    cluster.log.length = 0;
    assert.equal((await run()).settled, true);
    assert.deepEqual(changes(), [
      "up worker-1",
      "up worker-2",
      "up worker-3",
      "up manager-2",
      "up manager-3",
      "up manager-1",
    ]);
  });

  it("puts a host back into service that a killed run has left drained, without other packages", async () => {
    const nodes = cluster.now().desired.nodes.map(({ name }) => [name, { engine: "27.5.1" }] as const);
    cluster.nodes = {
      ...Object.fromEntries(nodes),
      "worker-1": { engine: "27.5.1", availability: "drain", labels: { [LABELS.before]: "active" } },
    };
    cluster.events = {
      "upgrade worker-1 ": () => (cluster.nodes = Object.fromEntries(nodes)),
    };
    assert.equal((await run(inPlace)).settled, true);
    assert.deepEqual(
      cluster.log.filter((line) => line.startsWith("upgrade")),
      ["upgrade worker-1 "],
    );
  });

  it("stops at a host that doesn't come back, and doesn't go on while it is away", async () => {
    cluster.events = { "up worker-1": () => (cluster.nodes = { ...cluster.nodes, "worker-1": undefined }) };
    const { settled, plan } = await run();
    assert.equal(settled, false);
    assert.match(
      plan.refused ?? "",
      /Fix that, then run: npm run upgrade -- local\n {2}- worker-1 .* is not in the swarm/,
    );
    cluster.log.length = 0;
    assert.match((await run()).plan.refused ?? "", /^Nothing was upgraded\. /);
    assert.deepEqual(changes(), []);
  });

  it("takes a dead host with the mark of an upgrade for one that didn't come back", async () => {
    cluster.nodes = { "worker-1": { ...dead, labels: { [LABELS.before]: "active" } } };
    assert.match((await run(inPlace)).plan.refused ?? "", /worker-1/);
  });

  it("takes a dead host with the wanted version for a reason to stop", async () => {
    cluster.nodes = { "worker-1": { ...dead, engine: "27.5.1" } };
    assert.match((await run()).plan.refused ?? "", /worker-1/);
    assert.deepEqual(changes(), []);
  });

  it("leaves a dead worker as it is, names it, upgrades all others, and fails", async () => {
    cluster.nodes = { "worker-2": dead };
    const { settled, plan, past } = await run();
    assert.deepEqual([settled, plan.refused], [false, undefined]);
    assert.match(
      plan.left.join("\n"),
      /^worker-2 is dead\. First: npm run repair -- local; then: npm run upgrade -- local$/,
    );
    const names = past.flatMap(({ step }) => step.hosts);
    assert.equal(names.length, 8);
    assert.ok(!names.includes("worker-2"));
    // The steps on the bastion would wait for it.
    assert.ok(changes().indexOf("accept absence of worker-2") < changes().indexOf("up worker-1"));
  });

  it("leaves the managers as they are while one of three is dead", async () => {
    for (const way of ["replace", "in place"] as const) {
      cluster = new FakeCluster();
      cluster.engine = "27.5.1";
      cluster.nodes = { "manager-3": { ...dead, reachability: "unreachable" } };
      const { settled, plan, past } = await run({ way }, { yes: true });
      assert.deepEqual([settled, plan.refused], [false, undefined]);
      assert.deepEqual(
        past.flatMap(({ step }) => step.hosts),
        ["registry-1", "registry-2", "registry-3", "worker-1", "worker-2", "worker-3"],
      );
      assert.match(
        plan.left.join("\n"),
        /manager-3 is dead[^]*manager-2 can't go now|manager-1 and manager-2 can't go now/,
      );
    }
  });

  it("refuses to leave out a major version, unless that is accepted", async () => {
    cluster.engine = "28.5.2";
    const { settled, plan } = await run({ version: "28.5.2", given: ["--yes"] });
    assert.equal(settled, false);
    assert.match(
      plan.refused ?? "",
      /^Nothing was upgraded\. .*more than one major version.*npm run upgrade -- local --yes --skip-major$/,
    );
    assert.deepEqual(changes(), []);
    assert.equal((await run({ version: "28.5.2", skipMajor: true })).settled, true);
  });

  it("refuses a downgrade, also with all flags", async () => {
    const { plan } = await run({ version: "26.1.4", skipMajor: true, force: true }, { yes: true });
    assert.match(plan.refused ?? "", /older Docker engine: swarm-ha:local\.engine is 26\.1\.4/);
    cluster.nodes = { "worker-1": { engine: "28.0.0" } };
    assert.match((await run()).plan.refused ?? "", /worker-1 \(28\.0\.0\) would get an older/);
    assert.deepEqual(changes(), []);
  });

  it("stops where hosts don't get the version that was asked for", async () => {
    cluster.engine = "27.4.0";
    const { settled, plan } = await run();
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /isn't 27\.5\.1 on registry-1 \(27\.4\.0\)/);
    assert.deepEqual(changes(), ["up registry-1"]);
  });

  it("refuses while another host is unhealthy, and where a disk is nearly full", async () => {
    cluster.nodes = { "worker-3": { engine: "27.5.1", availability: "drain" } };
    assert.match((await run()).plan.refused ?? "", /unhealthy.*\n {2}- worker-3/);
    cluster.nodes = {};
    const disk = {
      host: "worker-1",
      what: "docker",
      mount: "/var",
      sizeKib: 2 ** 23,
      usedKib: 2 ** 23,
      freeKib: 0,
    } as const;
    cluster.live = { disks: [disk] };
    assert.match((await run()).plan.refused ?? "", /worker-1/);
    assert.deepEqual(changes(), []);
  });

  it("refuses hosts in place that can't be asked, lack room, or whose repository lacks the version", async () => {
    const well = { reached: true, boot: "1", offered: true, freeKib: 2 ** 23, updates: 0, restart: false } as const;
    cluster.system = {
      "worker-1": { reached: false, seen: "no route" },
      "worker-2": { ...well, freeKib: 1000 },
      "worker-3": { ...well, offered: false },
    };
    const { refused = "" } = (await run(inPlace)).plan;
    for (const text of ["worker-1 can't be asked", "worker-2 has 1000 KiB", "worker-3: no package repository"]) {
      assert.ok(refused.includes(text), refused);
    }
    assert.ok(!cluster.log.some((line) => line.startsWith("upgrade")));
  });

  it("refuses where tasks have no room, and accepts the gap with --force", async () => {
    cluster.room = { "worker-1": ["the service fill (1 task): no room"] };
    const { plan } = await run();
    assert.match(plan.refused ?? "", /worker-1: the service fill.*\n.*--surge\n.*npm run upgrade -- local --force$/);
    assert.deepEqual(changes(), []);
    assert.ok(!(await run(inPlace)).plan.refused?.includes("--surge"));
    assert.equal((await run({ force: true })).settled, true);
    assert.equal(changes()[0], "accept gaps of worker-1");
  });

  it("asks once for data that a replacement loses, and for none in place", async () => {
    cluster.hosts = { ...cluster.hosts, "worker-1": reached({ volumes: ["db"] }) };
    const { settled, error } = await run();
    assert.equal(settled, false);
    assert.match(
      error ?? "",
      /^Nothing was upgraded\. .* loses the volume db on worker-1\. .* npm run upgrade -- local --yes$/,
    );
    assert.deepEqual(changes(), []);
    const questions: string[] = [];
    assert.equal((await run(inPlace, { questions })).settled, true);
    assert.deepEqual(questions, []);
    cluster.nodes = {};
    assert.equal((await run({}, { yes: true, questions })).settled, true);
    assert.equal(questions.length, 1);
  });

  it("plans all batches in a dry run, and changes nothing", async () => {
    const { plan, settled } = await run({}, { dryRun: true });
    assert.deepEqual(
      plan.steps.map(({ hosts }) => hosts.join(" ")),
      [
        ...["registry-1", "registry-2", "registry-3", "worker-1", "worker-2", "worker-3"],
        ...["manager-2", "manager-3", "manager-1"],
      ],
    );
    assert.deepEqual([settled, changes()], [false, []]);
  });

  describe("with --reboot", () => {
    const well = { reached: true, boot: "1", offered: true, freeKib: 2 ** 23, updates: 0, restart: false } as const;

    it("reboots the hosts that ask for it or have updates, and upgrades the others that need it", async () => {
      cluster.system = { "worker-2": { ...well, restart: true }, "manager-1": { ...well, updates: 3 } };
      cluster.nodes = { "worker-3": { engine: "25.0.5" } };
      cluster.engine = "26.1.5";
      assert.equal((await run({ ...inPlace, version: "26.1.5", reboot: true })).settled, true);
      assert.deepEqual(
        cluster.log.filter((line) => line.startsWith("upgrade")),
        ["upgrade worker-2  reboot", "upgrade worker-3 26.1.5", "upgrade manager-1  reboot"],
      );
    });

    it("is refused where hosts are replaced", async () => {
      await assert.rejects(async () => run({ reboot: true }), /--reboot.*npm run replace -- local --all/);
    });
  });
});

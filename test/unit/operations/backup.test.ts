import assert from "node:assert/strict";
import fc from "fast-check";
import { differences, readSnapshots, type Contents } from "../../../cli/cluster/backups";
import { evaluate } from "../../../cli/cluster/evaluate";
import type { LiveNode } from "../../../cli/cluster/model";
import { backup, type BackupSeen, type BackupWork } from "../../../cli/operations/backup";
import type { Outcome, Step } from "../../../cli/operations/operation";
import { chooseManager, type BackupChoice } from "../../../cli/operations/plan-backup";
import { majority } from "../../../plan/quorum";
import { found, nodesOf, wanted } from "../cluster/support";
import { FakeCluster, runQuietly } from "./fake-cluster";

const BEFORE: Contents = { swarmId: "a", services: ["web"], secrets: [], configs: [], networks: [] };
const dead = { state: "down", reachability: "unreachable" } as const;

describe("the manager that is backed up", () => {
  const choose = (managers: number, changes: Record<string, Partial<LiveNode>>, interrupt = false): BackupChoice => {
    const desired = wanted(managers);
    return chooseManager("local", evaluate(desired, found(desired, nodesOf(desired, changes))), interrupt);
  };

  it("is never the leader, and never one whose absence would cost the majority", () => {
    const managers = fc.constantFrom(1, 3, 5, 7);
    fc.assert(
      fc.property(managers, fc.nat(6), fc.array(fc.nat(6)), (count, leads, down) => {
        const names = Array.from({ length: count }, (_, n) => `manager-${n + 1}`);
        const leader = names[leads % count] ?? "";
        const gone = new Set(down.map((n) => names[n % count] ?? "").filter((name) => name !== leader));
        const changes = Object.fromEntries(
          names.map((name) => [name, gone.has(name) ? { ...dead, leader: false } : { leader: name === leader }]),
        );
        const choice = choose(count, changes);
        const left = count - gone.size - 1;
        assert.equal("name" in choice, left >= majority(count));
        if ("name" in choice) {
          assert.notEqual(choice.name, leader);
          assert.equal(gone.has(choice.name), false);
        }
      }),
    );
  });

  it("is the only one where that is accepted, and not before", () => {
    assert.match((choose(1, {}) as { refused: string }).refused, /--interrupt/);
    assert.deepEqual(choose(1, {}, true), { name: "manager-1" });
  });

  it("is none while no manager lists the nodes", () => {
    const changes = { "manager-1": dead, "manager-2": dead, "manager-3": dead };
    assert.ok("refused" in choose(3, changes, true));
  });
});

describe("backup", () => {
  let cluster: FakeCluster;
  let log: string[];
  let work: BackupWork;
  beforeEach(() => {
    cluster = new FakeCluster();
    log = [];
    work = {
      save: (_stack, manager) => {
        log.push(`save ${manager}`);
        return Promise.resolve({ snapshot: "0123abcd", away: 2100, bytes: 64_000_000, autolock: false });
      },
      contents: () => Promise.resolve(BEFORE),
      verify: (_stack, manager, { snapshot }, before) => {
        assert.equal(before, BEFORE);
        log.push(`verify ${snapshot} on ${manager}`);
        return Promise.resolve([]);
      },
    };
  });
  const run = (verify: boolean, dryRun = false): Promise<Outcome<BackupSeen, Step>> =>
    runQuietly(backup(cluster, work, { verify, interrupt: false }), { dryRun });

  it("stores a follower's state, and waits until it is in service", async () => {
    const { settled } = await run(false);
    assert.equal(settled, true);
    assert.deepEqual(log, ["save manager-2"]);
    assert.ok(cluster.log.includes("Waiting until manager-2 is in service, 60 s: enough"));
  });

  it("compares where that is asked for", async () => {
    assert.equal((await run(true)).settled, true);
    assert.deepEqual(log, ["save manager-2", "verify 0123abcd on manager-2"]);
  });

  it("changes nothing in a dry run", async () => {
    const { plan } = await run(true, true);
    assert.deepEqual(
      plan.steps.map(({ key }) => key),
      ["save"],
    );
    assert.deepEqual(log, []);
  });

  it("stops nothing without a quorum to spare", async () => {
    cluster.nodes = { "manager-3": dead };
    const { settled, plan } = await run(false);
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /2 of 3 managers/);
    assert.deepEqual(log, []);
  });

  it("fails when the restored backup differs from the swarm", async () => {
    work = { ...work, verify: () => Promise.resolve(["the backup lacks web (services)"]) };
    const { settled, error } = await run(true);
    assert.equal(settled, false);
    assert.match(error ?? "", /lacks web/);
  });

  it("fails when the manager doesn't come back", async () => {
    work = {
      ...work,
      save: () => {
        cluster.nodes = { "manager-2": dead };
        return Promise.resolve({ snapshot: "0123abcd", away: 2100, bytes: 1, autolock: false });
      },
    };
    assert.equal((await run(false)).settled, false);
  });
});

describe("snapshots", () => {
  it("are listed newest first, with what a restore goes by", () => {
    const tags = [
      "swarm-ha",
      "swarm=abc",
      "manager=manager-2",
      "address=10.0.0.2",
      "engine=26.1.5+dfsg1",
      "autolock=yes",
    ];
    const read = readSnapshots(
      JSON.stringify([
        { id: "1111", time: "2030-01-01T02:00:00.5+01:00", tags },
        { id: "2222", time: "2030-01-01T01:30:00Z", tags: null },
      ]),
    );
    assert.deepEqual(
      read.map(({ id }) => id),
      ["2222", "1111"],
    );
    const { swarmId, manager, address, engine, autolock } = read[1] ?? read[0] ?? assert.fail();
    assert.deepEqual(
      [swarmId, manager, address, engine, autolock],
      ["abc", "manager-2", "10.0.0.2", "26.1.5+dfsg1", true],
    );
  });

  it("differ from the swarm by what either lacks", () => {
    const live: Contents = { swarmId: "a", services: ["web"], secrets: ["key"], configs: [], networks: ["ingress"] };
    assert.deepEqual(differences(live, live, live), []);
    assert.equal(differences(live, live, { ...live, services: [] }).length, 1);
    assert.equal(differences(live, live, { ...live, secrets: ["key", "old"] }).length, 1);
    assert.equal(differences(live, live, { ...live, swarmId: "b", networks: [] }).length, 2);
  });

  it("may have what a deployment has changed during the backup, or not", () => {
    const before: Contents = { swarmId: "a", services: ["old"], secrets: [], configs: [], networks: [] };
    const after: Contents = { ...before, services: ["new"] };
    for (const restored of [before, after]) assert.deepEqual(differences(before, after, restored), []);
  });
});

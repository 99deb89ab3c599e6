import assert from "node:assert/strict";
import type { Snapshot } from "../../../cli/cluster/backups";
import type { Outcome } from "../../../cli/operations/operation";
import { chooseTarget } from "../../../cli/operations/plan-restore";
import { restore, type RestoreAsked, type RestoreSeen, type RestoreStep } from "../../../cli/operations/restore";
import type { RestoreWork, SwarmMember } from "../../../cli/operations/restore-work";
import { NOW, SWARM, wanted } from "../cluster/support";
import { FakeCluster, reached, runQuietly } from "./fake-cluster";

const MANAGERS = ["manager-1", "manager-2", "manager-3"];
const dead = { state: "down", reachability: "unreachable" } as const;
const SNAPSHOT: Snapshot = {
  id: "0123abcd",
  time: "2030-01-02T02:04:05Z",
  swarmId: SWARM,
  engine: "26.1.5",
  autolock: false,
  manager: "manager-2",
  address: "10.0.2.1",
};

const TARGET: SwarmMember = { id: "id-manager-1", name: "manager-1", address: "10.0.1.1", ready: true };

describe("the manager that gets the backup", () => {
  const { nodes } = wanted();

  it("has the address that the backed up one had", () => {
    assert.deepEqual(chooseTarget(nodes, SNAPSHOT), { name: "manager-2", moves: false });
  });

  it("is the first one where no host has that address, and moves", () => {
    assert.deepEqual(chooseTarget(nodes, { ...SNAPSHOT, address: "10.9.9.9" }), { name: "manager-1", moves: true });
  });

  it("is none where a host that is no manager has that address now", () => {
    const taken = nodes.map((node) => (node.name === "worker-1" ? { ...node, address: "10.9.9.9" } : node));
    assert.ok("refused" in chooseTarget(taken, { ...SNAPSHOT, address: "10.9.9.9" }));
  });

  it("can't move alone", () => {
    assert.ok("refused" in chooseTarget(wanted(1).nodes, { ...SNAPSHOT, address: "10.9.9.9" }));
    assert.deepEqual(chooseTarget(wanted(1).nodes, { ...SNAPSHOT, address: "10.0.1.1" }), {
      name: "manager-1",
      moves: false,
    });
  });
});

describe("restore", () => {
  let cluster: FakeCluster;
  let log: string[];
  let members: SwarmMember[];
  let silent: number;
  /** How often no manager answers after the restore. */
  let silentAfterRestore: number;
  let snapshots: Snapshot[];
  let failing: string | undefined;
  beforeEach(() => {
    cluster = new FakeCluster();
    log = [];
    members = [];
    snapshots = [SNAPSHOT];
    failing = undefined;
    silent = 0;
    silentAfterRestore = 0;
  });
  const note = (what: string): Promise<void> => {
    log.push(what);
    return what === failing ? Promise.reject(new Error(`${what} failed`)) : Promise.resolve();
  };
  const work: RestoreWork = {
    snapshots: () => Promise.resolve(snapshots),
    read: (_stack, { id }) => note(`read ${id}`),
    restore: (_stack, name) => {
      silent = silentAfterRestore;
      return note(`restore ${name}`);
    },
    leave: (_stack, names) => note(`leave ${names.join(" ")}`),
    nodes: () => (silent-- > 0 ? Promise.reject(new Error("no manager answers")) : Promise.resolve(members)),
    bridge: (_stack, names, from, to, on) => note(`bridge ${names.length} ${from} ${to} ${on ? "on" : "off"}`),
    async join() {
      await note("join");
      cluster.nodes = {};
      return undefined;
    },
    move: (_stack, { name }, to) => note(`move ${name} ${to}`),
  };
  const run = (
    asked: Partial<RestoreAsked> = {},
    options: { yes?: boolean; dryRun?: boolean; questions?: string[] } = {},
  ): Promise<Outcome<RestoreSeen, RestoreStep>> =>
    runQuietly(restore(cluster, work, { replaceSwarm: false, accept: "accept", now: NOW, ...asked }), {
      yes: true,
      ...options,
    });
  /** All hosts are new, and in no swarm. */
  const allNew = (): void => {
    cluster.nodes = Object.fromEntries(MANAGERS.map((name) => [name, dead]));
    const names = wanted().nodes.map(({ name }) => name);
    cluster.hosts = Object.fromEntries(names.map((name) => [name, reached({ state: "inactive" })]));
  };

  it("reads the backup before anything else, restores it on one manager, and lets all hosts join", async () => {
    allNew();
    const { settled } = await run();
    assert.equal(settled, true);
    assert.deepEqual(log, ["read 0123abcd", "restore manager-2", "leave ", "join"]);
  });

  it("asks the same while time passes", async () => {
    allNew();
    snapshots = [{ ...SNAPSHOT, time: new Date().toISOString() }];
    const operation = restore(cluster, work, { replaceSwarm: false, accept: "accept" });
    const seen = await operation.observe({ kind: "start" }, []);
    const question = (): string | undefined => operation.plan(seen, []).loses?.question;
    const first = question();
    assert.match(first ?? "", /0123abcd loses .* ago/);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal(question(), first);
  });

  it("asks once, and says how old the backup is", async () => {
    allNew();
    const questions: string[] = [];
    const { settled } = await run({}, { yes: false, questions });
    assert.equal(settled, false);
    assert.equal(questions.length, 1);
    assert.match(questions[0] ?? "", /60 min ago/);
    assert.deepEqual(log, []);
  });

  it("refuses while the swarm has its majority", async () => {
    const { plan } = await run();
    assert.match(plan.refused ?? "", /--replace-swarm/);
    assert.deepEqual(log, []);
  });

  it("refuses while a manager still has a newer state", async () => {
    allNew();
    cluster.hosts = { ...cluster.hosts, "manager-3": reached({ state: "error" }) };
    const { plan } = await run();
    assert.match(plan.refused ?? "", /manager-3/);
    assert.deepEqual(log, []);
  });

  it("refuses while a manager can't be reached, whatever is accepted: it may come back with a swarm", async () => {
    allNew();
    cluster.hosts = { ...cluster.hosts, "manager-3": { reached: false, seen: "no route" } };
    const { plan } = await run({ replaceSwarm: true });
    assert.match(plan.refused ?? "", /manager-3 can't be reached/);
    assert.deepEqual(log, []);
  });

  it("replaces a swarm where that is accepted: its managers leave before there is another one", async () => {
    const names = wanted().nodes.map(({ name }) => name);
    cluster.hosts = Object.fromEntries(names.map((name) => [name, reached({ nodeId: "of-the-backup" })]));
    members = [{ id: "of-the-backup", name: "manager-2", address: "", ready: true }];
    const { settled } = await run({ replaceSwarm: true });
    assert.equal(settled, true);
    assert.deepEqual(log.slice(0, 3), ["read 0123abcd", "leave manager-1 manager-3", "restore manager-2"]);
    assert.equal(log.at(-1), "join");
  });

  it("gives a manager its new address by joining again, over a bridge that it takes down", async () => {
    allNew();
    snapshots = [{ ...SNAPSHOT, address: "10.9.9.9" }];
    members = [{ ...TARGET, address: "10.9.9.9" }];
    assert.equal((await run()).settled, true);
    assert.deepEqual(log.slice(1), [
      ...["restore manager-1", "leave ", "bridge 8 10.9.9.9 10.0.1.1 on", "join"],
      ...["move manager-1 10.0.1.1", "bridge 8 10.9.9.9 10.0.1.1 off"],
    ]);
  });

  it("never lets a manager with a vote leave the restored swarm, nor while no manager answers", async () => {
    const others = wanted().nodes.map(({ name }) => name);
    for (const [nodeId, state] of [
      ["id-manager-1", "active"],
      ["", ""],
    ] as const) {
      allNew();
      log = [];
      cluster.hosts = {
        ...Object.fromEntries(others.map((name) => [name, reached({ nodeId: `elsewhere-${name}` })])),
        "manager-1": reached({ nodeId, state }),
        "worker-1": reached({ state: "inactive" }),
      };
      members = [{ ...TARGET, ready: false }];
      silentAfterRestore = 1;
      const { settled } = await run({ replaceSwarm: true });
      assert.equal(settled, true);
      const left = others.filter((name) => name !== "manager-1" && name !== "worker-1");
      assert.ok(log.includes(`leave ${left.join(" ")}`), log.join(", "));
    }
  });

  describe("on other addresses, after a run that was interrupted", () => {
    beforeEach(() => {
      snapshots = [{ ...SNAPSHOT, address: "10.9.9.9" }];
    });

    it("goes on where the manager has its former address", async () => {
      members = [{ ...TARGET, address: "10.9.9.9" }];
      await run();
      const bridge = "bridge 8 10.9.9.9 10.0.1.1";
      assert.deepEqual(log, ["leave ", `${bridge} on`, "join", "move manager-1 10.0.1.1", `${bridge} off`]);
    });

    it("goes on where the manager is a worker", async () => {
      members = [
        { ...TARGET, address: "" },
        { ...TARGET, id: "id-manager-2", name: "manager-2", address: "10.0.2.1" },
      ];
      await run();
      assert.deepEqual(log, ["leave ", "move manager-1 10.0.1.1", "bridge 8 10.9.9.9 10.0.1.1 off", "join"]);
    });

    it("ends the redirection where nothing else is left, and refuses", async () => {
      members = [TARGET];
      const { plan, settled } = await run();
      assert.match(plan.refused ?? "", /--replace-swarm/);
      assert.deepEqual(log, ["bridge 8 10.9.9.9 10.0.1.1 off"]);
      assert.equal(settled, false);
    });

    it("names the phase that fails", async () => {
      members = [{ ...TARGET, address: "10.9.9.9" }];
      failing = "move manager-1 10.0.1.1";
      const { error } = await run();
      assert.match(error ?? "", /giving manager-1 the address 10\.0\.1\.1: /);
    });
  });

  it("changes nothing when the backup can't be read", async () => {
    allNew();
    failing = "read 0123abcd";
    const { settled, error } = await run();
    assert.equal(settled, false);
    assert.match(error ?? "", /read 0123abcd failed/);
    assert.deepEqual(log, ["read 0123abcd"]);
  });

  it("takes the backup that is named, and refuses one that there isn't", async () => {
    allNew();
    snapshots = [{ ...SNAPSHOT, id: "ffff0000" }, SNAPSHOT];
    await run({ snapshot: "0123abcd" });
    assert.equal(log[0], "read 0123abcd");
    log = [];
    allNew();
    assert.ok((await run({ snapshot: "9999" })).plan.refused !== undefined);
    assert.deepEqual(log, []);
  });

  it("changes nothing in a dry run", async () => {
    allNew();
    const { plan } = await run({}, { dryRun: true });
    assert.deepEqual(
      plan.steps.map(({ key }) => key),
      ["read", "restore", "join"],
    );
    assert.ok(plan.loses !== undefined);
    assert.deepEqual(log, []);
  });
});

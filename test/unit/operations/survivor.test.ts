import assert from "node:assert/strict";
import fc from "fast-check";
import type { HostFacts } from "../../../cli/cluster/host-facts";
import type { RaftPosition } from "../../../cli/cluster/raft";
import { chooseSurvivor, type Choice, type Survivors } from "../../../cli/operations/survivor";
import { wanted } from "../cluster/support";
import { reached } from "./fake-cluster";

const dead: HostFacts = { reached: false, seen: "no route" };
const log = (
  commit: number,
  change: { last?: number; locked?: boolean; terms?: [number, number][] } = {},
): RaftPosition => ({
  ...{ log: "read", commit, last: commit, terms: [[1, 2]], locked: false, nodeKey: "" },
  ...change,
});

/** The choice among five managers: those that aren't given are dead. */
function choose(
  logs: Readonly<Record<string, RaftPosition>>,
  { facts = {}, ...more }: Partial<Survivors> = {},
): Choice {
  const { nodes } = wanted(5);
  const managers = nodes.filter(({ role }) => role === "manager").map(({ name }) => name);
  return chooseSurvivor({
    stack: "local",
    nodes,
    facts: {
      ...Object.fromEntries(managers.map((name) => [name, name in logs ? reached() : dead])),
      ...facts,
    },
    positions: logs,
    older: false,
    hasKey: false,
    ...more,
  });
}

function chosen(choice: Choice): Exclude<Choice, { refused: string }> {
  if ("refused" in choice) assert.fail(choice.refused);
  return choice;
}

function refused(choice: Choice): string {
  return "refused" in choice ? choice.refused : assert.fail(`chose ${choice.manager}`);
}

describe("the survivor that a new cluster is formed from", () => {
  it("is the only one with data", () => {
    const { manager, leaving, lost } = chosen(choose({ "manager-4": log(7) }));
    assert.deepEqual([manager, leaving], ["manager-4", []]);
    assert.deepEqual(lost, ["manager-1", "manager-2", "manager-3", "manager-5"]);
  });

  it("is the one that knows most to be committed, whatever it has written besides; the others leave", () => {
    const { manager, leaving, survivors } = chosen(
      choose({ "manager-1": log(118, { last: 130 }), "manager-2": log(123) }),
    );
    assert.deepEqual([manager, leaving], ["manager-2", ["manager-1"]]);
    assert.deepEqual(
      survivors.map(({ uncommitted }) => uncommitted),
      [0, 12],
    );
  });

  it("never has less than another survivor, unless a person says so", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), fc.boolean(), (a, b, older) => {
        const choice = choose({ "manager-1": log(a), "manager-2": log(b) }, { from: "manager-1", older });
        assert.equal("refused" in choice, a < b && !older);
      }),
    );
    const text = refused(choose({ "manager-1": log(118), "manager-2": log(123) }, { from: "manager-1" }));
    assert.match(text, /5 more changes .*--from manager-2\. .*--from manager-1 --older/);
  });

  describe("after an earlier recovery", () => {
    // The new cluster was formed from manager-1 at index 100; manager-2 went on without it before that.
    const logs = {
      "manager-1": log(120, {
        terms: [
          [1, 2],
          [101, 7],
        ],
      }),
      "manager-2": log(150),
    };

    it("has to be named while a manager has the data from before it, whatever its index", () => {
      assert.match(
        refused(choose(logs)),
        /entry 120 has the term 7 on manager-1 .*and 2 on manager-2 .*--from <manager-2\|manager-1>/,
      );
      for (const from of ["manager-1", "manager-2"]) assert.equal(chosen(choose(logs, { from })).manager, from);
      const { leaving, survivors, apart } = chosen(choose(logs, { from: "manager-1" }));
      assert.deepEqual(
        [leaving, survivors.map(({ name }) => name), apart],
        [["manager-2"], ["manager-1"], ["manager-2"]],
      );
    });

    it("still has no less than another one of the same swarm", () => {
      const { terms } = logs["manager-1"] as { terms: [number, number][] };
      const newer = { ...logs, "manager-3": log(130, { terms }) };
      assert.match(refused(choose(newer, { from: "manager-1" })), /manager-3 has 10 more changes .*--from manager-3\./);
    });

    it("has to be named where the other manager has entries of a lower term, but that one no more", () => {
      const later = { ...logs, "manager-2": log(9000, { terms: [[8000, 6]] }) };
      assert.match(refused(choose(later)), /and at most 6 on manager-2/);
    });
  });

  it("is the one with most where the terms differ only by elections", () => {
    const elections = fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 9 });
    fc.assert(
      fc.property(elections, fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (starts, a, b) => {
        const terms = [1, ...starts].sort((x, y) => x - y).map((first, i): [number, number] => [first, i + 1]);
        const known = (commit: number): [number, number][] => terms.filter(([first]) => first <= commit);
        const choice = choose({ "manager-1": log(a, { terms: known(a) }), "manager-2": log(b, { terms: known(b) }) });
        assert.equal(chosen(choice).manager, a >= b ? "manager-1" : "manager-2");
        // One that was away for so long that the other has its last entry no more.
        const rest = terms.slice(-1);
        const long = choose({ "manager-1": log(a, { terms: known(a) }), "manager-2": log(100, { terms: rest }) });
        assert.equal(chosen(long).manager, "manager-2");
      }),
    );
  });

  it("is chosen among managers whose certificates have expired: they don't come back by themselves", () => {
    const error = "certificate (1 - abc) not valid after Mon: x509: certificate has expired or is not yet valid";
    const names = ["manager-1", "manager-2", "manager-3"];
    const logs = { "manager-1": log(5), "manager-2": log(9), "manager-3": log(7) };
    const facts = (expired: number) =>
      Object.fromEntries(names.slice(0, expired).map((name) => [name, reached({ state: "error", error })]));
    const { manager, leaving } = chosen(choose(logs, { facts: facts(3) }));
    assert.deepEqual([manager, leaving.toSorted()], ["manager-2", ["manager-1", "manager-3"]]);
    // With one that is only without a leader, there is no majority either.
    assert.equal(chosen(choose(logs, { facts: facts(2) })).manager, "manager-2");
    assert.match(refused(choose(logs)), /which is a majority, and they have no leader/);
  });

  it("has to be named when logs can't be compared", () => {
    const logs = { "manager-1": log(5), "manager-2": { log: "unread", seen: "no perl" } } as const;
    assert.match(
      refused(choose(logs)),
      /manager-2: no perl; manager-1 at Raft index 5\. .*--from <manager-1\|manager-2>/,
    );
    assert.equal(chosen(choose(logs, { from: "manager-2" })).manager, "manager-2");
    assert.deepEqual(chosen(choose(logs, { from: "manager-1" })).leaving, ["manager-2"]);
  });

  it("is a manager of the stack that answers and has data", () => {
    const logs = { "manager-1": log(5), "manager-2": { log: "none", seen: "it has no Raft log" } } as const;
    assert.match(refused(choose(logs, { from: "worker-1" })), /no such manager/);
    assert.match(refused(choose(logs, { from: "manager-2" })), /has no data of the swarm/);
    assert.match(refused(choose(logs, { from: "manager-3" })), /can't log in to it \(no route\)/);
  });

  it("is none when no manager that answers has data: neither a new one, nor one that died while it joined", () => {
    const logs = { "manager-1": { log: "none", seen: "it has no Raft log" }, "manager-2": log(0) } as const;
    assert.match(refused(choose(logs)), /nothing to recover it from/);
  });

  it("is none while a manager may be alive that the bastion can't log in to", () => {
    const reach = [{ to: "manager-2", port: 2377, outcome: "refused" as const }];
    const facts = { "manager-1": reached({ reach }) };
    assert.match(refused(choose({ "manager-1": log(5) }, { facts })), /^manager-2: not dead/);
    assert.match(refused(choose({ "manager-1": log(5) }, { facts, from: "manager-1" })), /^manager-2: not dead/);
  });

  it("is none while the instance of a manager runs that doesn't answer", () => {
    const instances = ["manager-1", "manager-2", "manager-3"].map((name) => ({
      ...{ name, id: name, running: name !== "manager-3" },
    }));
    for (const from of [undefined, "manager-1"])
      assert.match(
        refused(choose({ "manager-1": log(5) }, { instances, ...(from === undefined ? {} : { from }) })),
        /^manager-2: not dead.*no route\), its instance runs\. .*power it off for good/,
      );
  });

  describe("when a majority runs", () => {
    const logs = { "manager-1": log(5), "manager-2": log(5), "manager-3": log(5) };

    it("is none while the network between them is cut, whoever is named", () => {
      const facts = {
        "manager-1": reached({ reach: [{ to: "manager-2", port: 2377, outcome: "silent" as const }] }),
      };
      for (const from of [undefined, "manager-1"])
        assert.match(
          refused(choose(logs, { facts, ...(from === undefined ? {} : { from }) })),
          /manager-1 can't reach manager-2 on 2377\/tcp \(no answer\)\. Fix the network/,
        );
    });

    it("is none while those that are locked would make it whole", () => {
      const facts = { "manager-2": reached({ state: "locked" }) };
      assert.match(
        refused(choose(logs, { facts })),
        /^manager-2: locked.*SWARM_HA_UNLOCK_KEY; npm run repair -- local/,
      );
    });

    it("has to be named", () => {
      assert.match(refused(choose(logs)), /3 of 5 managers run with their data .*have no leader.*--from <manager>/);
      assert.equal(chosen(choose(logs, { from: "manager-3" })).manager, "manager-3");
    });
  });

  it("needs the unlock key where the swarm is autolocked", () => {
    const logs = { "manager-1": log(5, { locked: true }) };
    assert.match(
      refused(choose(logs)),
      /read -rs SWARM_HA_UNLOCK_KEY; export SWARM_HA_UNLOCK_KEY; npm run recover -- local/,
    );
    assert.equal(chosen(choose(logs, { hasKey: true })).manager, "manager-1");
  });
});

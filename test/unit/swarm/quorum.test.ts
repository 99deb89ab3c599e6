import assert from "node:assert/strict";
import fc from "fast-check";
import { majority, mayRemoveManager, tolerance, type ManagerView } from "../../../plan/quorum";

/** Managers by a letter each: L leads, r is reachable, d is dead, g is a stale node (Down, but its address answers). */
function managers(states: string): ManagerView[] {
  return Array.from(states).map((state, i) => ({
    id: `id-${i + 1}`,
    name: `manager-${i + 1}`,
    ready: state === "L" || state === "r",
    reachable: state !== "d",
    leader: state === "L",
  }));
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `manager-${i + 1}`);
}

describe("quorum arithmetic", () => {
  it("is the table of the reference architecture", () => {
    const table = [1, 2, 3, 4, 5, 6, 7].map((n) => [n, majority(n), tolerance(n)]);
    assert.deepEqual(table, [
      [1, 1, 0],
      [2, 2, 0],
      [3, 2, 1],
      [4, 3, 1],
      [5, 3, 2],
      [6, 4, 2],
      [7, 4, 3],
    ]);
  });
});

describe("the quorum guard", () => {
  const cases: [string, string, string, number, boolean, RegExp][] = [
    ["scaling 5 to 4, all alive", "Lrrrr", "manager-5", 3, true, /4 of 4 managers are alive/],
    ["scaling 3 to 2, all alive", "Lrr", "manager-3", 1, true, /2 of 2/],
    ["scaling 2 to 1", "Lr", "manager-2", 1, true, /1 of 1/],
    ["the leader, which is no exception", "Lrr", "manager-1", 3, true, /2 of 2/],
    ["the last one", "L", "manager-1", 1, false, /the last manager/],
    [
      "scaling down with one dead, when a majority of the remaining ones is alive",
      "Lrrrd",
      "manager-4",
      3,
      true,
      /3 of 4/,
    ],
    [
      "a living one of three when another is dead",
      "Lrd",
      "manager-2",
      1,
      false,
      /only 1 of 2 would be alive, and 2 are needed/,
    ],
    [
      "replacing a living one while another is dead",
      "Lrrrd",
      "manager-2",
      5,
      false,
      /while manager-5 isn't Ready and Reachable/,
    ],
    ["replacing one that is a stale node beside a living majority", "Lrg", "manager-3", 3, true, /is dead/],
    ["a stale node doesn't count as living", "Lrg", "manager-2", 3, false, /only 1 of 2/],
    [
      "a dead one with a majority",
      "Lrd",
      "manager-3",
      3,
      true,
      /manager-3 is dead, and 2 of 2 remaining ones are alive/,
    ],
    ["a dead one with another dead one", "Lrrdd", "manager-4", 5, true, /manager-4 is dead, and 3 of 4/],
    ["a dead one without a majority", "rdd", "manager-3", 3, false, /1 of 3 are alive, so there is no majority/],
    ["one of two when the other is dead", "rd", "manager-2", 1, false, /no majority/],
    ["nobody that the swarm knows", "Lrr", "manager-9", 3, true, /no manager of the swarm/],
  ];
  for (const [name, states, candidate, desired, allowed, reason] of cases) {
    it(`${allowed ? "allows" : "refuses"} ${name}`, () => {
      const answer = mayRemoveManager({ managers: managers(states), candidate, desired: names(desired) });
      assert.equal(answer.allowed, allowed, answer.reason);
      assert.match(answer.reason, reason);
    });
  }

  it("refuses to replace a living one while a desired one hasn't joined yet", () => {
    const answer = mayRemoveManager({ managers: managers("Lrrr"), candidate: "manager-1", desired: names(5) });
    assert.deepEqual(answer, {
      allowed: false,
      reason: "manager-1 is to be replaced while manager-5 isn't Ready and Reachable: one at a time",
    });
  });

  it("tells a stale node from the living one of its name by node id, and asks for it", () => {
    const twins = [...managers("Lrr"), { id: "old", name: "manager-2", ready: false, reachable: true, leader: false }];
    const ask = (candidate: string): boolean =>
      mayRemoveManager({ managers: twins, candidate, desired: names(3) }).allowed;
    assert.equal(ask("old"), true);
    assert.equal(ask("manager-2"), false);
  });

  it("never leaves a swarm that had a majority without one", () => {
    const states = fc
      .array(fc.constantFrom("r", "r", "r", "d", "g"), { minLength: 1, maxLength: 8 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(states, fc.nat(7), fc.integer({ min: 1, max: 7 }), (all, index, desired) => {
        const before = managers(all);
        const candidate = `id-${(index % before.length) + 1}`;
        const { allowed } = mayRemoveManager({ managers: before, candidate, desired: names(desired) });
        const alive = (some: ManagerView[]): number => some.filter((each) => each.ready && each.reachable).length;
        const left = before.filter((manager) => manager.id !== candidate);
        if (allowed) assert.ok(left.length > 0 && alive(left) >= majority(left.length));
        const dead = all[index % before.length] !== "r";
        if (dead && alive(before) >= majority(before.length))
          assert.ok(allowed, "a dead one may go while there is a majority");
      }),
    );
  });
});

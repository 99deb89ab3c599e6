import assert from "node:assert/strict";
import * as fc from "fast-check";
import { guard, majority, quorum, type Voter } from "../../../cli/cluster/quorum";

const voters = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 9 })
  .map((all) => all.map((counts, i): Voter => ({ name: `manager-${i + 1}`, counts })));

describe("the quorum guard", () => {
  it("knows the fault tolerance of the reference architecture", () => {
    const tolerance = [1, 3, 5, 7].map(
      (n) => quorum(Array.from({ length: n }, (_, i) => ({ name: `${i}`, counts: true }))).margin,
    );
    assert.deepEqual(tolerance, [0, 1, 2, 3]);
    assert.deepEqual([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
  });

  it("takes a dead manager away as long as there is a majority, and never the last one", () => {
    const three = (...counts: boolean[]): Voter[] => counts.map((one, i) => ({ name: `m${i}`, counts: one }));
    assert.equal(guard(three(true, true, false), "m2", false), undefined);
    assert.match(guard(three(true, true, false), "m0", true) ?? "", /without m0 only 1 of 2 would be alive/);
    assert.match(guard(three(true, false, false), "m2", false) ?? "", /no majority/);
    assert.match(guard(three(true), "m0", true) ?? "", /is the last manager/);
    assert.equal(guard(three(true, true, true), "somebody", false), undefined);
  });

  it("leaves a majority behind whenever it lets one go", () => {
    fc.assert(
      fc.property(voters, fc.nat(8), (all, index) => {
        const victim = all[index % all.length];
        assert.ok(victim);
        const reason = guard(all, victim.name, victim.counts);
        const left = quorum(all.filter((one) => one !== victim));
        if (reason === undefined) {
          assert.ok(left.managers > 0 && left.margin >= 0);
        } else {
          assert.ok(left.managers === 0 || left.margin < 0 || quorum(all).margin < 0, reason);
        }
      }),
    );
  });

  it("always lets a dead one go while there is a majority", () => {
    fc.assert(
      fc.property(voters, (all) => {
        fc.pre(quorum(all).margin >= 0);
        for (const one of all) if (!one.counts) assert.equal(guard(all, one.name, false), undefined);
      }),
    );
  });
});

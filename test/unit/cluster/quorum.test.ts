import assert from "node:assert/strict";
import * as fc from "fast-check";
import { counts, guard, quorum, restartGuard } from "../../../cli/cluster/quorum";
import type { LiveNode } from "../../../cli/cluster/model";
import { majority } from "../../../plan/quorum";
import { nodeOf, wanted } from "./support";

/** Managers, of which these are Ready and Reachable. */
const managers = (alive: readonly boolean[]): LiveNode[] =>
  wanted(alive.length, 0, 0).nodes.map((host, i) => nodeOf(host, alive[i] === true ? {} : { state: "down" }));

const voters = fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }).map(managers);

describe("the quorum guard", () => {
  it("computes the fault tolerance of the reference architecture", () => {
    const tolerance = [1, 3, 5, 7].map((n) => quorum(managers(Array.from({ length: n }, () => true))).margin);
    assert.deepEqual(tolerance, [0, 1, 2, 3]);
    assert.deepEqual([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
  });

  it("allows to remove a dead manager while there is a majority, and never the last one", () => {
    const three = (...alive: boolean[]): LiveNode[] => managers(alive);
    assert.equal(guard(three(true, true, false), "id-manager-3"), undefined);
    assert.match(guard(three(true, true, false), "id-manager-1") ?? "", /without manager-1 only 1 of 2 would be alive/);
    assert.match(guard(three(true, false, false), "id-manager-3") ?? "", /no majority/);
    assert.match(guard(three(true), "id-manager-1") ?? "", /is the last manager/);
    assert.equal(guard(three(true, true, true), "somebody"), undefined);
  });

  it("leaves a majority whenever it allows a removal", () => {
    fc.assert(
      fc.property(voters, fc.nat(8), (all, index) => {
        const victim = all[index % all.length];
        assert.ok(victim);
        const reason = guard(all, victim.id);
        const left = quorum(all.filter((one) => one !== victim));
        if (reason === undefined) {
          assert.ok(left.managers > 0 && left.margin >= 0);
        } else {
          assert.ok(left.managers === 0 || left.margin < 0 || quorum(all).margin < 0, reason);
        }
      }),
    );
  });

  it("always allows to remove a dead one while there is a majority", () => {
    fc.assert(
      fc.property(voters, (all) => {
        fc.pre(quorum(all).margin >= 0);
        for (const one of all) if (!counts(one)) assert.equal(guard(all, one.id), undefined);
      }),
    );
  });
});

describe("the guard of a restart", () => {
  it("lets a manager's Docker engine stop only while the others are a majority of all", () => {
    const four = managers([true, true, true, false]);
    assert.match(restartGuard(four, "id-manager-1") ?? "", /2 of 4 managers are alive, and 3 are needed/);
    assert.equal(restartGuard(managers([true, true, true, true, false]), "id-manager-1"), undefined);
    assert.equal(restartGuard(managers([true]), "id-manager-1"), undefined, "the only one");
    fc.assert(
      fc.property(voters, fc.nat(8), (all, at) => {
        const one = all[at % all.length];
        if (one === undefined || all.length === 1 || restartGuard(all, one.id) !== undefined) return;
        const stopped = all.map((node) => (node === one ? { ...node, state: "down" } : node));
        assert.ok(quorum(stopped).margin >= 0);
      }),
    );
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../../dev/chaos/random";
import {
  hostsOf,
  roundText,
  sequenceOf,
  smaller,
  takesMajority,
  touchesApplications,
  type Round,
  type Shape,
} from "../../../dev/chaos/sequence";

const SHAPE: Shape = {
  managers: ["manager-1", "manager-2", "manager-3"],
  registries: ["registry-1"],
  workers: ["worker-1", "worker-2"],
  beside: ["bastion", "lb-app"],
};
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("a sequence of faults", () => {
  it("is the same for the same seed, and a longer one begins with it", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        assert.deepEqual(sequenceOf(seed, 5, SHAPE), sequenceOf(seed, 9, SHAPE).slice(0, 5));
      }),
    );
    assert.notDeepEqual(sequenceOf(1, 5, SHAPE), sequenceOf(2, 5, SHAPE));
  });

  it("hurts hosts of the stack only, each once, and at least one", () => {
    const known = [...SHAPE.managers, ...SHAPE.registries, ...SHAPE.workers, ...SHAPE.beside];
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const { faults } of sequenceOf(seed, 10, SHAPE)) {
          assert.ok(faults.length > 0);
          const hit = faults.flatMap(hostsOf);
          assert.deepEqual(
            hit.filter((host) => !known.includes(host)),
            [],
          );
          assert.equal(new Set(hit).size, hit.length);
        }
      }),
    );
  });

  it("cuts a manager off from the only other one that is up in no round", () => {
    const isManager = (host: string): boolean => SHAPE.managers.includes(host);
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const { faults } of sequenceOf(seed, 10, SHAPE)) {
          const down = faults.filter((fault) => fault.kind !== "partition" && isManager(fault.host));
          const cut = faults.some(
            (fault) => fault.kind === "partition" && isManager(fault.from) && isManager(fault.to),
          );
          assert.ok(!cut || down.length === 0, JSON.stringify(faults));
        }
      }),
    );
  });

  it("takes the majority in some rounds, and leaves it in most", () => {
    const all = sequenceOf(7, 1000, SHAPE);
    const lost = all.filter((round) => takesMajority(round, SHAPE)).length;
    assert.ok(lost > 60 && lost < 200, String(lost));
    const untouched = all.filter((round) => !touchesApplications(round, SHAPE)).length;
    assert.ok(untouched > 100, String(untouched));
  });
});

describe("a round", () => {
  const round: Round = {
    faults: [
      { kind: "kill", host: "manager-1" },
      { kind: "partition", from: "manager-2", to: "worker-1", both: true },
    ],
    command: { name: "replace", host: "worker-2", killedAfter: 4 },
  };

  it("is shown in words", () => {
    assert.equal(roundText(round), "kill manager-1, drop manager-2 ↔ worker-1; replace worker-2, killed after 4 s");
  });

  it("has smaller ones, each a part of it, until one fault is left", () => {
    const size = ({ faults, command }: Round): number => faults.length + (command === undefined ? 0 : 1);
    const all = smaller(round);
    assert.equal(all.length, 5);
    for (const one of all) {
      assert.ok(size(one) < size(round));
      for (const fault of one.faults) assert.ok(round.faults.includes(fault));
    }
    assert.deepEqual(smaller({ faults: [{ kind: "kill", host: "manager-1" }] }), []);
  });
});

describe("random numbers", () => {
  it("are spread evenly", () => {
    const random = new Random(42);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const at = random.below(10);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    assert.ok(
      counts.every((count) => count > 880 && count < 1120),
      counts.join(" "),
    );
  });

  it("choose different ones", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 6 }), (seed, count) => {
        const chosen = new Random(seed).some(["a", "b", "c", "d"], count);
        assert.equal(new Set(chosen).size, Math.min(count, 4));
      }),
    );
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../../dev/chaos/random";
import {
  hostsOf,
  roundText,
  takesMajority,
  touchesApplications,
  type Fault,
  type Round,
  type Shape,
} from "../../../dev/chaos/model";
import { placeOf } from "../../../dev/chaos/place";
import { sequenceOf } from "../../../dev/chaos/sequence";
import { smaller } from "../../../dev/chaos/smaller";

const SHAPE: Shape = {
  managers: ["manager-1", "manager-2", "manager-3"],
  registries: ["registry-1"],
  workers: ["worker-1", "worker-2"],
  beside: ["bastion", "lb-app"],
  zones: {
    "zone-a": ["manager-1", "registry-1", "worker-1"],
    "zone-b": ["manager-2", "worker-2"],
    "zone-c": ["manager-3"],
  },
};
/** The hosts of faults other than those of whole zones. */
const hitBy = (faults: readonly Fault[]): string[] =>
  faults.flatMap((fault) => (fault.kind === "zones" ? [] : hostsOf(fault, SHAPE)));
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
          const hit = hitBy(faults);
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
          const down = faults.filter((fault) => "host" in fault && isManager(fault.host));
          const cut = faults.some(
            (fault) =>
              fault.kind === "zones" || (fault.kind === "partition" && isManager(fault.from) && isManager(fault.to)),
          );
          assert.ok(!cut || down.length === 0, JSON.stringify(faults));
        }
      }),
    );
  });

  it("cuts one zone off from another one or from all others, in either direction or both", () => {
    const seen = new Set<string>();
    for (const { faults } of sequenceOf(3, 1000, SHAPE)) {
      for (const fault of faults) {
        if (fault.kind !== "zones") continue;
        const { from, to, both } = fault;
        assert.equal(new Set([...from, ...to]).size, from.length + to.length);
        assert.ok([...from, ...to].every((zone) => zone in SHAPE.zones));
        assert.ok(from.length === 1 || to.length === 1);
        seen.add(`${String(from.length)} ${both ? "↔" : "→"} ${String(to.length)}`);
      }
    }
    assert.deepEqual([...seen].sort(), ["1 → 1", "1 → 2", "1 ↔ 1", "1 ↔ 2", "2 → 1"].sort());
  });

  it("has every kind of fault and of command, and kills every upgrade", () => {
    const all = sequenceOf(5, 1000, SHAPE);
    const kinds = new Set(all.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
    for (const kind of ["disk-full", "clock", "storage-gone", "storage-full", "zones", "partition"] as const) {
      assert.ok(kinds.has(kind), kind);
    }
    const commands = all.flatMap(({ command }) => command ?? []);
    assert.deepEqual([...new Set(commands.map(({ name }) => name))].sort(), ["repair", "replace", "up", "upgrade"]);
    assert.ok(commands.every(({ name, killedAfter }) => name !== "upgrade" || killedAfter !== undefined));
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
  const cut: Fault = { kind: "zones", from: ["zone-c"], to: ["zone-a", "zone-b"], both: true };

  it("is shown in words", () => {
    assert.equal(
      roundText({
        faults: [cut, { kind: "clock", host: "worker-1", seconds: 1200 }, { kind: "storage-full", host: "r" }],
      }),
      "drop zone-c ↔ zone-a+zone-b, clock worker-1 +1200 s, storage-full r",
    );
    assert.equal(roundText({ faults: [{ kind: "clock", host: "m", seconds: -7200 }] }), "clock m -7200 s");
    assert.equal(roundText(round), "kill manager-1, drop manager-2 ↔ worker-1; replace worker-2, killed after 4 s");
  });

  it("has smaller ones, each a part of it, until one fault is left", () => {
    const all = smaller(round);
    assert.deepEqual(all.map(roundText), [
      "drop manager-2 ↔ worker-1",
      "kill manager-1",
      "kill manager-1, drop manager-2 ↔ worker-1",
      "drop manager-2 ↔ worker-1; replace worker-2, killed after 4 s",
      "kill manager-1; replace worker-2, killed after 4 s",
      "kill manager-1, drop manager-2 → worker-1; replace worker-2, killed after 4 s",
      "kill manager-1, drop worker-1 → manager-2; replace worker-2, killed after 4 s",
    ]);
    assert.deepEqual(smaller({ faults: [{ kind: "kill", host: "manager-1" }] }), []);
    assert.deepEqual(smaller({ faults: [cut] }).map(roundText), ["drop zone-c ↔ zone-a", "drop zone-c ↔ zone-b"]);
  });

  it("gets smaller at every step, so that the search ends", () => {
    const size = ({ faults, command }: Round): number =>
      (command === undefined ? 0 : 1) +
      faults
        .map((fault) =>
          fault.kind === "zones" || fault.kind === "partition"
            ? 1 + hostsOf(fault, SHAPE).length * (fault.both ? 2 : 1)
            : 1,
        )
        .reduce((a, b) => a + b, 0);
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const one of sequenceOf(seed, 10, SHAPE)) {
          for (const part of smaller(one)) assert.ok(size(part) < size(one), `${roundText(one)}: ${roundText(part)}`);
        }
      }),
    );
  });

  it("may disturb requests where it cuts a zone with a worker off", () => {
    const between = (from: string, to: string): Round => ({
      faults: [{ kind: "zones", from: [from], to: [to], both: false }],
    });
    assert.equal(touchesApplications(between("zone-c", "zone-a"), SHAPE), true);
    const alone = { ...SHAPE, zones: { ...SHAPE.zones, "zone-d": ["manager-2"] } };
    assert.equal(touchesApplications(between("zone-c", "zone-d"), alone), false);
  });
});

describe("the place of a stack", () => {
  it("is another one for each number at the end of its name", () => {
    const places = ["chaos", "chaos-1", "chaos-2", "chaos-7"].map(placeOf);
    assert.equal(new Set(places.map(({ hosts }) => hosts)).size, 4);
    assert.equal(new Set(places.flatMap(({ ports }) => Object.values(ports))).size, 20);
    assert.equal(placeOf("chaos").hosts, "10.250.0.0/20");
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

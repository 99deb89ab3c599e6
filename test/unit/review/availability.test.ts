import assert from "node:assert/strict";
import fc from "fast-check";
import { hostsOf } from "../../../tools/review/machines";
import { reviewManagers } from "../../../tools/review/managers";
import { reviewTiers } from "../../../tools/review/tiers";
import { afterZoneLoss, worstZoneLoss } from "../../../tools/review/zones";
import { host, hosts, preview, times } from "./support";

const hostsIn = (steps: Record<string, unknown>[]) => hostsOf(preview(steps).changes);

describe("what is left when a zone is lost", () => {
  it("is said for the worst zone of each tier", () => {
    const steps = [
      ...hosts("manager", times(3, "unchanged")),
      ...hosts("registry", times(3, "unchanged")),
      ...hosts("worker", [...times(3, "unchanged"), "added"]),
    ];
    assert.equal(
      afterZoneLoss(hostsIn(steps)),
      "After this, losing any one zone leaves 2 of 3 managers (the quorum holds), 2 of 3 registries, 50 % of workers.",
    );
  });

  it("counts what comes, not what goes, and says when the quorum is lost", () => {
    const steps = [host("manager-1", "a"), host("manager-2", "b", "removed"), host("manager-3", "a", "added")];
    assert.match(
      afterZoneLoss(hostsIn(steps)),
      /leaves 0 of 2 managers \(\*\*the quorum is lost\*\*\), 0 of 0 registries, 0 %/,
    );
    assert.equal(afterZoneLoss(hostsIn([host("worker-1", "a")])), "After this there is no swarm.");
  });

  it("is what is left after taking the fullest zone, and any other zone leaves as much or more", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c")), (zones) => {
        const { of, left } = worstZoneLoss(zones.map((zone) => ({ zone })));
        assert.equal(of, zones.length);
        const leftWithout = ["a", "b", "c"].map((lost) => zones.filter((zone) => zone !== lost).length);
        assert.equal(left, Math.min(...leftWithout));
      }),
    );
  });
});

describe("what happens to a tier", () => {
  const tiers = (steps: Record<string, unknown>[]) => reviewTiers(hostsIn(steps), reviewManagers(hostsIn(steps)));

  it("is said of registries and of each pool of workers", () => {
    const [managers, registries, gpu, worker] = tiers([
      ...hosts("registry", ["replaced", "unchanged", "unchanged"]),
      ...hosts("worker", ["unchanged", "replaced", "unchanged", "removed", "added"]),
      ...hosts("gpu", ["replaced", "replaced"]),
    ]);
    assert.deepEqual([managers?.before, managers?.sentences], [0, []]);
    assert.deepEqual(registries?.sentences, ["replaces registry-1: 2 replicas answer meanwhile"]);
    assert.deepEqual(gpu, {
      name: "workers: gpu",
      before: 2,
      after: 2,
      sentences: ["drains and replaces gpu-1, gpu-2: nobody of the pool takes tasks meanwhile"],
    });
    assert.deepEqual(worker?.sentences, [
      "adds worker-5: no task moves",
      "drains and replaces worker-2: 50 % of the pool take tasks meanwhile",
      "drains and removes worker-4: their tasks run elsewhere first",
    ]);
  });

  it("is said of a host that changes in place, with what makes it", () => {
    const [managers] = tiers([{ ...host("manager-1", "a", "updated"), diffReasons: ["tags", "files"] }]);
    assert.deepEqual(managers?.sentences, ["changes manager-1 in place (files, tags)"]);
  });

  it("counts the names of a crowd instead of listing them", () => {
    const [, , worker] = tiers(hosts("worker", [...times(3, "unchanged"), ...times(100, "added")]));
    assert.deepEqual(worker?.sentences, [
      "adds worker-4, worker-5, worker-6, worker-7, worker-8, worker-9, worker-10 and 93 more: no task moves",
    ]);
  });
});

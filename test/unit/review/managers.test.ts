import assert from "node:assert/strict";
import fc from "fast-check";
import { hostsOf } from "../../../cli/review/instances";
import { reviewManagers } from "../../../cli/review/managers";
import type { ChangeKind } from "../../../cli/review/preview";
import { host, hosts, preview, times } from "./support";

const review = (kinds: readonly ChangeKind[]) => reviewManagers(hostsOf(preview(hosts("manager", kinds)).changes));

describe("what an update does to the quorum", () => {
  it("of three managers, one of them replaced", () => {
    const { sentences, risks } = review(["unchanged", "replaced", "unchanged"]);
    assert.deepEqual(sentences, ["replaces manager-2: quorum 3 → 2 → 3, tolerates 0 losses meanwhile"]);
    assert.deepEqual(risks, []);
  });

  it("of five, one of them replaced", () => {
    assert.deepEqual(review([...times(4, "unchanged"), "replaced"]).sentences, [
      "replaces manager-5: quorum 5 → 4 → 5, tolerates 1 loss meanwhile",
    ]);
  });

  it("that grows and shrinks", () => {
    assert.deepEqual(review([...times(3, "unchanged"), ...times(2, "added")]).sentences, [
      "adds manager-4, manager-5: quorum 3 → 4 → 5, tolerates 1 loss meanwhile and 2 afterwards",
    ]);
    assert.deepEqual(review([...times(3, "unchanged"), ...times(2, "removed")]).sentences, [
      "removes manager-4, manager-5: quorum 5 → 4 → 3, tolerates 1 loss meanwhile and 1 afterwards",
    ]);
  });

  it("that is founded, and that ends", () => {
    assert.deepEqual(review(times(3, "added")).sentences, ["creates a swarm of 3: tolerates 1 loss"]);
    assert.deepEqual(review(times(3, "added")).risks, []);
    assert.deepEqual(review(times(3, "removed")).risks, ["no manager is left: the swarm is lost"]);
  });

  it("that hangs on one manager, on an even number, or on one zone", () => {
    assert.match(review(["replaced"]).risks.join(), /the only manager is replaced/);
    assert.match(review(["unchanged", "removed", "removed"]).risks.join(), /1 of 3 managers stay/);
    assert.match(review([...times(3, "unchanged"), "added"]).risks.join(), /4 managers survive no more losses than 3/);
    const oneZone = preview([host("manager-1", "a"), host("manager-2", "a"), host("manager-3", "b")]);
    assert.deepEqual(reviewManagers(hostsOf(oneZone.changes)).risks, [
      "2 of 3 managers are in a: the loss of that zone loses the quorum",
    ]);
  });

  it("counts every manager once, whatever happens to them", () => {
    const kind = fc.constantFrom<ChangeKind>("added", "removed", "replaced", "updated", "unchanged");
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 9 }), (kinds) => {
        if (kinds.length === 0) return;
        const { before, after, replaced, sentences, risks } = review(kinds);
        const of = (one: ChangeKind) => kinds.filter((each) => each === one).length;
        assert.equal(before, kinds.length - of("added"));
        assert.equal(after, kinds.length - of("removed"));
        assert.equal(replaced.length, of("replaced"));
        const quiet = kinds.every((each) => each === "unchanged" || each === "updated");
        assert.equal(sentences.length === 0, quiet, sentences.join("\n"));
        // Replaced ones learn the swarm's state from those that are left, one at a time; removed ones teach nobody.
        if (before > 0 && of("removed") === before) assert.ok(risks.length > 0);
      }),
    );
  });
});

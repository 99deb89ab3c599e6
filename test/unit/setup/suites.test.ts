import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseSuites, isGood, lastLine, outcomeOf, sum } from "../../../dev/suites";

describe("npm test", () => {
  const names = (...args: string[]) => chooseSuites(args).suites.map(({ name }) => name);

  it("runs all but the long drills, or what is named", () => {
    assert.deepEqual(names(), ["unit", "component", "e2e", "rehearsal"]);
    assert.deepEqual(names("long"), ["long"]);
    assert.deepEqual(names("e2e", "unit"), ["unit", "e2e"]);
  });

  it("gives everything else to mocha", () => {
    assert.deepEqual(chooseSuites(["e2e", "-g", "unit"]).mochaArgs, ["-g", "unit"]);
    assert.deepEqual(names("-g", "unit"), ["unit", "component", "e2e", "rehearsal"]);
  });

  const counts = fc.record({
    passed: fc.nat(999),
    failed: fc.nat(999),
    skipped: fc.nat(999),
    failures: fc.array(fc.string(), { maxLength: 3 }),
  });

  it("counts a crash as a failure, whatever had passed by then", () => {
    fc.assert(
      fc.property(fc.option(counts, { nil: undefined }), fc.option(fc.nat(255)), (tally, code) => {
        const crashed = tally === undefined ? undefined : { ...tally, complete: false };
        const outcome = outcomeOf(crashed, code);
        assert.equal(outcome.failed, (tally?.failed ?? 0) + 1);
        assert.equal(outcome.passed, tally?.passed ?? 0);
        assert.deepEqual(outcome.failures.slice(0, -1), tally?.failures ?? []);
        assert.match(outcome.failures.at(-1) ?? "", /mocha crashed/);
      }),
    );
  });

  it("counts a bad end without a failed test as a failure too", () => {
    const tally = { passed: 3, failed: 0, skipped: 1, failures: [], complete: true };
    assert.deepEqual(outcomeOf(tally, 0), { passed: 3, failed: 0, skipped: 1, failures: [] });
    assert.equal(outcomeOf(tally, 7).failed, 1);
    assert.equal(outcomeOf(tally, null).failed, 1);
    assert.equal(outcomeOf({ ...tally, failed: 2 }, 2).failed, 2);
  });

  it("is good only if something ran and nothing failed, and ends with the sum", () => {
    fc.assert(
      fc.property(fc.array(counts), (outcomes) => {
        const all = sum(outcomes);
        const good = outcomes.every(({ failed }) => failed === 0) && outcomes.some(({ passed }) => passed > 0);
        assert.equal(isGood(all), good);
        assert.deepEqual(
          all.failures,
          outcomes.flatMap(({ failures }) => failures),
        );
        assert.match(lastLine(all), /^\d+ passed, \d+ failed, \d+ skipped$/);
      }),
    );
    assert.ok(!isGood(sum([])));
  });
});

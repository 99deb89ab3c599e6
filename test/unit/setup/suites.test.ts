import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { root } from "../../../cli/paths";
import {
  chooseSuites,
  isGood,
  lanesAtATime,
  lanesOf,
  lastLine,
  longestFirst,
  outcomeOf,
  sum,
  SUITES,
  type Suite,
} from "../../../dev/suites";

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

  const suite: Suite = {
    name: "e2e",
    timeout: 1,
    needsEngines: true,
    inOrder: [
      { folders: ["b", "a"], minutes: 3 },
      { folders: ["none"], minutes: 9 },
    ],
    minutes: 5,
  };

  it("runs the files of some folders one after the other, and beside them the others, two at a time", () => {
    const files = ["test/e2e/c/1.test.ts", "test/e2e/a/1.test.ts", "test/e2e/b/2.test.ts", "test/e2e/b/1.test.ts"];
    const lanes = lanesOf(suite, [...files, "test/e2e/bc/1.test.ts"]);
    assert.deepEqual(
      lanes.map((lane) => [lane.title, lane.files, lane.twoAtATime]),
      [
        ["e2e b, a", ["test/e2e/b/1.test.ts", "test/e2e/b/2.test.ts", "test/e2e/a/1.test.ts"], false],
        ["e2e, the other files", ["test/e2e/bc/1.test.ts", "test/e2e/c/1.test.ts"], true],
      ],
    );
    assert.deepEqual(
      longestFirst(lanes).map(({ title }) => title),
      ["e2e, the other files", "e2e b, a"],
    );
    assert.deepEqual(lanesOf(suite, []), []);
  });

  it("shows the output of a single file at once", () => {
    const [lane] = lanesOf(suite, ["test/e2e/c/1.test.ts"]);
    assert.equal(lane?.twoAtATime, false);
  });

  it("keeps a processor busy while a lane waits", () => {
    assert.ok(lanesAtATime(2) > 2);
  });

  it("runs every test of every suite once, and has no folder in its lanes that isn't there", () => {
    for (const each of SUITES) {
      const folder = join("test", each.name);
      const all = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".test.ts"))
        .map((file) => join(folder, file));
      const lanes = lanesOf(each, all);
      assert.deepEqual(lanes.flatMap(({ files }) => files).sort(), all.sort());
      assert.ok(lanes.every(({ minutes }) => minutes > 0));
      for (const name of (each.inOrder ?? []).flatMap(({ folders }) => folders))
        assert.ok(statSync(join(root, folder, name)).isDirectory(), join(folder, name));
    }
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

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isNewer, isVersion, majorsAhead } from "../../../plan/engine-version";

describe("versions of Docker engines", () => {
  const version = fc.tuple(fc.nat(40), fc.nat(9), fc.nat(20)).map((numbers) => numbers.join("."));

  it("are the same whatever a distribution adds", () => {
    for (const found of ["26.1.5", "26.1.5+dfsg1", "26.1.5-ce", "5:26.1.5-1~ubuntu.24.04~noble"]) {
      assert.ok(isVersion(found, "26.1.5"), found);
    }
    for (const found of ["26.1.50", "26.1.4", "126.1.5", "", "dev"]) assert.ok(!isVersion(found, "26.1.5"), found);
  });

  it("have one order", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        assert.equal(Number(isNewer(a, b)) + Number(isNewer(b, a)) + Number(isVersion(a, b)), 1);
      }),
    );
    assert.ok(isNewer("28.10.0", "28.9.9") && !isNewer("", "28.0.0"));
  });

  it("are counted by major versions, of which 20.10 is the one before 23", () => {
    const cases: [string, string, number | undefined][] = [
      ["26.1.5+dfsg1", "28.5.2", 2],
      ["26.1.5", "27.0.1", 1],
      ["28.0.1", "28.5.2", 0],
      ["20.10.24", "23.0.0", 1],
      ["20.10.24+dfsg1", "26.1.5", 4],
      ["28.5.2", "26.1.5", -2],
      ["dev", "26.1.5", undefined],
    ];
    for (const [from, to, count] of cases) assert.equal(majorsAhead(from, to), count, `${from} → ${to}`);
  });
});

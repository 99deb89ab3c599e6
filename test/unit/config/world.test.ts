import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRange, toText } from "../../../plan/ipv4";
import { isRange, isWorld } from "../../../config/world";

const prefix = fc.integer({ min: 0, max: 32 });

describe("the world", () => {
  it("is any range that is wider than /8", () => {
    fc.assert(
      fc.property(fc.ipV4(), prefix, (address, bits) => {
        assert.equal(isWorld([`${address}/${String(bits)}`]), bits < 8);
      }),
    );
  });

  it("is as many addresses as a /7 has, in however many ranges, each address counted once", () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 8, max: 12 })).map(([first, bits]) => {
      return `${String(first)}.0.0.0/${String(bits)}`;
    });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
        // The smallest of these ranges is a sixteenth of a /8.
        const sixteenths = new Set(
          ranges.map(parseRange).flatMap(({ first, last }) => {
            const from = first / 2 ** 20;
            return Array.from({ length: (last + 1) / 2 ** 20 - from }, (_, i) => from + i);
          }),
        );
        assert.equal(isWorld(ranges), sixteenths.size >= 32);
      }),
    );
  });

  it("needs all pieces of it, and ignores what isn't a range", () => {
    for (const bits of [8, 11]) {
      const pieces = Array.from({ length: 2 ** bits }, (_, i) => i * 2 ** (32 - bits)).map(
        (first) => `${toText(first)}/${String(bits)}`,
      );
      assert.equal(isWorld(pieces), true);
      assert.equal(isWorld(pieces.slice(0, 2 ** (bits - 7) - 1)), false);
    }
    assert.equal(isWorld(["node", "10.0.0.1", "unknown", "10.0.0.0/8", ""]), false);
  });

  it("is there in IPv6, too, and apart from the other", () => {
    assert.deepEqual(
      [["::/0"], ["2000::/3"], ["2001::/16"], ["2001::/16", "2002::/16"], ["2001::/16", "10.0.0.0/8"]].map(isWorld),
      [true, true, false, true, false],
    );
  });

  it("is made of ranges, and not of names or addresses", () => {
    assert.deepEqual(["0.0.0.0/0", "2001:db8::/32", "10.0.0.1", "node", "unknown", "pl-1234"].map(isRange), [
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { changes } from "../../../offline/lib/diff";
import { equal, hasUnknown, isSecret, reveal, secret, UNKNOWN, type Value } from "../../../offline/lib/values";

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Value>;
const properties = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), json, { maxKeys: 5 });

describe("kit: property values", () => {
  it("marks and reveals secrets at any depth", () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.ok(isSecret(secret(value)));
        assert.deepEqual(reveal({ a: [secret(value)] }), { a: [reveal(value)] });
        assert.deepEqual(secret(secret(value)), secret(value));
      }),
    );
  });

  it("finds unknowns in lists, objects and secrets", () => {
    assert.ok(hasUnknown({ a: [1, { b: UNKNOWN }] }));
    assert.ok(hasUnknown(secret(UNKNOWN)));
    assert.ok(!hasUnknown({ a: ["x", null] }));
  });

  it("tells no difference between the same, and one between others", () => {
    fc.assert(
      fc.property(properties, properties, (a, b) => {
        assert.equal(changes(a, a).size, 0);
        assert.equal(changes(a, b).size === 0, equal(a, b));
      }),
    );
  });

  it("names what has changed as the Pulumi engine does", () => {
    const olds = { same: 1, gone: 1, nested: { deep: [1, 2] }, "odd.key": 1, secret: secret("a"), __defaults: [1] };
    const news = { same: 1, fresh: null, added: 1, nested: { deep: [1, 3, 4] }, "odd.key": 2, secret: secret("b") };
    assert.deepEqual(Object.fromEntries(changes(olds, news)), {
      gone: "delete",
      added: "add",
      "nested.deep[1]": "update",
      "nested.deep[2]": "add",
      '["odd.key"]': "update",
      secret: "update",
    });
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { duplicateKeys } from "../../../config/json";
import { keyText, valueText } from "../../../config/problem";
import { suggest } from "../../../config/suggest";

describe("suggest", () => {
  const keys = ["platform", "zones", "managers", "registry", "workers", "network"];

  it("finds the word for one letter wrong, missing, doubled or swapped", () => {
    for (const typo of ["mangers", "managres", "mannagers", "nanagers", "Managers"])
      assert.equal(suggest(typo, keys), "managers");
  });

  it("makes nothing up", () => {
    assert.equal(suggest("password", keys), undefined);
    assert.equal(suggest("", keys), undefined);
  });
});

describe("duplicateKeys", () => {
  it("finds what JSON.parse drops, at any depth, and knows keys from values", () => {
    assert.deepEqual(duplicateKeys('{"a":{"b":"b","c":["b",{"b":1,"b":2}]},"b":"a","\\u0061":1}'), [
      ["a", "c", 1, "b"],
      ["a"],
    ]);
  });

  it("finds nothing in what JSON.stringify writes", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => duplicateKeys(JSON.stringify(value)).length === 0));
  });
});

describe("keyText and valueText", () => {
  it("write paths as Pulumi does", () => {
    assert.equal(
      keyText(["workers", "web", "labels", "com.example.x"]),
      'swarm-ha:workers.web.labels["com.example.x"]',
    );
    assert.equal(keyText(["zones", 2]), "swarm-ha:zones[2]");
  });

  it("keep values short", () => {
    assert.equal(valueText("x".repeat(200)).length, 80);
  });
});

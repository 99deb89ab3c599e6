import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describeSchema, type KeyDescription } from "../../../config/describe";
import { CONFIG_DOCS, configDocs, EFFECTS } from "../../../dev/config-docs";

describe("docs/configuration.md", () => {
  it("is what the schema says now (else: npx tsx dev/config-docs.ts)", () => {
    assert.equal(readFileSync(CONFIG_DOCS, "utf8"), configDocs());
  });

  it("says of each key what a change of it does", () => {
    assert.deepEqual(Object.keys(EFFECTS).sort(), Object.keys(describeSchema().properties ?? {}).sort());
  });

  it("is written from a schema in which each key says what it is, what is allowed, and what to do instead", () => {
    for (const [path, key] of keysOf(describeSchema(), "")) {
      assert.ok(key.description !== undefined && key.allowed !== undefined && key.fix !== undefined, path);
      if (key.type === "integer" && !/port|Epoch/.test(path)) assert.ok(key.unit !== undefined, `${path} has a unit`);
    }
  });
});

function keysOf(parent: KeyDescription, above: string): [string, KeyDescription][] {
  const free = parent.additionalProperties;
  const children = { ...parent.properties, ...(free === undefined || free === false ? {} : { "<name>": free }) };
  return Object.entries(children).flatMap(([name, key]) => [
    [`${above}.${name}`, key],
    ...keysOf(key, `${above}.${name}`),
  ]);
}

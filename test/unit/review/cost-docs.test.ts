import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { COST_DOCS, costDocs } from "../../../dev/cost-docs";

describe("docs/cost.md", () => {
  it("is what the price table says now (else: npx tsx dev/cost-docs.ts, then npx prettier --write docs/cost.md)", () => {
    const plain = (text: string): string => text.replace(/\|[ -]*-[ |-]*\n/g, "").replace(/ +/g, " ");
    assert.equal(plain(readFileSync(COST_DOCS, "utf8")), plain(costDocs()));
  });
});

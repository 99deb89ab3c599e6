import assert from "node:assert/strict";
import { UNKNOWN } from "../../../policy/planned";
import { parsePreview } from "../../../cli/review/preview";
import { host, preview, previewText, step } from "./support";

const read = (text: string) => () => parsePreview(text, "preview.json");

describe("reading a preview", () => {
  it("knows what each operation does", () => {
    const ops = ["same", "create", "update", "delete", "replace", "create-replacement", "delete-replaced"];
    const { changes } = preview(ops.map((op) => step("a:b:C", op, { op })));
    const kinds = ["unchanged", "added", "updated", "removed", "replaced", "replaced", "replaced"];
    assert.deepEqual(
      changes.map(({ kind }) => kind),
      kinds,
    );
  });

  it("takes the steps of one replacement for one", () => {
    const { changes } = preview([
      step("a:b:C", "x", { op: "create-replacement", inputs: { n: 2 }, old: { n: 1 } }),
      step("a:b:C", "x", { op: "replace", inputs: { n: 2 }, old: { n: 1 } }),
      step("a:b:C", "x", { op: "delete-replaced", inputs: { n: 2 }, old: { n: 1 } }),
    ]);
    assert.equal(changes.length, 1);
    assert.deepEqual(
      [changes[0]?.kind, changes[0]?.before?.inputs, changes[0]?.after?.inputs],
      ["replaced", { n: 1 }, { n: 2 }],
    );
  });

  it("doesn't take what an interrupted run left for the end of what is there now", () => {
    const { changes } = preview([
      step("a:b:C", "x", { op: "same", inputs: { n: 2 } }),
      step("a:b:C", "x", { op: "delete", old: { n: 1 } }),
    ]);
    assert.deepEqual([changes.length, changes[0]?.kind, changes[0]?.before?.inputs], [1, "unchanged", { n: 2 }]);
  });

  it("marks what isn't known yet", () => {
    const { changes } = preview([
      step("a:b:C", "x", {
        op: "create",
        inputs: { id: "04da6b54-80e4-46f7-96ec-b56ff0331ba9", list: ["6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"] },
      }),
    ]);
    assert.deepEqual(changes[0]?.after?.inputs, { id: UNKNOWN, list: [UNKNOWN] });
  });

  it("says what is wrong with a file that is none", () => {
    assert.throws(read("Previewing update"), /preview\.json is not JSON.*--show-sames/);
    assert.throws(read('{"steps":[{"op":1}]}'), /preview\.json is not a preview/);
    assert.throws(read('{"steps":[]}'), /has no resources/);
    assert.throws(
      read(previewText([host("manager-1", "a")], {}, { changeSummary: { same: 9 } })),
      /leaves out.*--show-sames/,
    );
    const diagnostics = [{ severity: "error", message: "error: no credentials" }];
    assert.throws(read(previewText([host("manager-1", "a")], {}, { diagnostics })), /failed:\nerror: no credentials/);
    assert.throws(read(previewText([step("a:b:C", "x", { op: "explode" })])), /unknown operation: "explode"/);
  });
});

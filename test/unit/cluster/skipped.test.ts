import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { goneText, withSkipped } from "../../../cli/cluster/skipped";

describe("hosts that a destroy has skipped", () => {
  it("are read from the file that the run has written, each once", async () => {
    const names = await withSkipped("FILE", (env) => {
      appendFileSync(env["FILE"] ?? "", "worker-2\nworker-1\nworker-2\n");
      return Promise.resolve();
    });
    assert.deepEqual(names, ["worker-1", "worker-2"]);
    assert.deepEqual(await withSkipped(undefined, () => Promise.resolve()), []);
  });

  it("are named in its last words, with what to do", () => {
    assert.equal(goneText("site", []), "Everything of the stack site is gone");
    assert.match(
      goneText("site", ["worker-1"]),
      /but worker-1 couldn't be reached and was not cleaned.*by hand \(docs/,
    );
    assert.match(goneText("site", ["a", "b"]), /but a and b couldn't be reached and were not cleaned/);
  });
});

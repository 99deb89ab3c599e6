import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { bash } from "../../support/bash";

describe("the turns of managers that join", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-joining-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** @returns what a piece of shell prints that has the turns' functions, and `ask NAME PLACES`, which prints the answer */
  function run(script: string): string[] {
    const { code, stdout, stderr } = bash(`set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
      joining_file=${folder}/turns joining_lock=${folder}/lock
      . scripts/lib/joining.sh
      ask() { if take_turn "$1" "$2"; then echo yes; else echo "no: $seen"; fi; }
      ${script}`);
    assert.equal(code, 0, stderr);
    return stdout.trim().split("\n");
  }

  it("go to one manager at a time, until its turn ends", () => {
    assert.deepEqual(run("ask manager-2 1; ask manager-3 1; end_turn manager-2; ask manager-3 1; ask manager-2 1"), [
      "yes",
      "no: manager-2 joining",
      "yes",
      "no: manager-3 joining",
    ]);
  });

  it("go to two at a time at birth, and to a third only when it would be alone", () => {
    const asked =
      "ask manager-2 2; ask manager-3 2; ask manager-4 2; end_turn manager-2; ask manager-4 1; end_turn manager-3";
    assert.deepEqual(run(`${asked}; ask manager-4 1`), [
      "yes",
      "yes",
      "no: manager-2 manager-3 joining",
      "no: manager-3 joining",
      "yes",
    ]);
  });

  it("stay with a manager that asks again", () => {
    assert.deepEqual(run("ask manager-2 1; ask manager-2 1; ask manager-3 1"), ["yes", "yes", "no: manager-2 joining"]);
  });

  it("end by themselves when their run was killed", () => {
    assert.deepEqual(run("turn_limit=-1; ask manager-2 1; ask manager-3 1"), ["yes", "yes"]);
  });

  it("end for a manager that has none without harm", () => {
    assert.deepEqual(run("end_turn manager-2; ask manager-2 1; end_turn manager-3; ask manager-3 1"), [
      "yes",
      "no: manager-2 joining",
    ]);
  });
});

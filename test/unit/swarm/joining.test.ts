import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { bash } from "../../support/bash";

describe("the join slots of managers", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-joining-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * @param alone whether the founder is the only manager
   * @returns what a piece of shell prints that has the slots' functions, and `ask NAME`, which prints the answer
   */
  function run(script: string, alone = false): string[] {
    const { code, stdout, stderr } = bash(`set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
      slots_file=${folder}/slots slots_lock=${folder}/lock
      . <(sed '/^declare -A given/d; /^eval /d' scripts/lib/common.sh)
      fail() { echo "failed: $*"; exit 0; }
      . scripts/lib/joining.sh
      alone=${String(alone)}
      ask() { if if $alone; then take_slot "$1" true; else take_slot "$1"; fi; then echo yes; else echo "no: $seen"; fi; }
      ${script}`);
    assert.equal(code, 0, stderr);
    return stdout.trim().split("\n");
  }

  it("go to one manager at a time, until it is free again", () => {
    assert.deepEqual(run("ask manager-2; ask manager-3; free_slot manager-2; ask manager-3; ask manager-2"), [
      "yes",
      "no: manager-2 still joining",
      "yes",
      "no: manager-3 still joining",
    ]);
  });

  it("go to two at a time while the founder is alone, and to a third only when it would be the only one that joins", () => {
    const three = "ask manager-2; ask manager-3; ask manager-4";
    assert.deepEqual(
      run(`${three}; alone=false; free_slot manager-2; ask manager-4; free_slot manager-3; ask manager-4`, true),
      ["yes", "yes", "no: manager-2, manager-3 still joining", "no: manager-3 still joining", "yes"],
    );
  });

  it("stay with a manager that asks again", () => {
    assert.deepEqual(run("ask manager-2; ask manager-2; ask manager-3"), ["yes", "yes", "no: manager-2 still joining"]);
  });

  it("are free again by themselves when their run was killed", () => {
    assert.deepEqual(run("slot_limit=-1; ask manager-2; ask manager-3"), ["yes", "yes"]);
  });

  it("of a manager that has none can be freed", () => {
    assert.deepEqual(run("free_slot manager-2; ask manager-2; free_slot manager-3; ask manager-3"), [
      "yes",
      "no: manager-2 still joining",
    ]);
  });

  it("are not given where nobody could note them", () => {
    assert.match(run(`slots_file=${folder}/lock/slots; ask manager-2`)[0] ?? "", /^failed: .*can't be written/);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { bash, type BashRan } from "../../support/bash";

describe("a manager's wait for its turn to go", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-removal-"));
    writeFileSync(path.join(folder, "managers"), "manager-1 10.0.0.1\nmanager-2 10.0.0.2\nmanager-3 10.0.0.3\n");
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Runs the wait with a limit of 1 s.
   *
   * @param change Seconds between changes among the managers.
   * @param turn After how many seconds the guard lets it go.
   */
  function wait(change: number, turn: number): BashRan {
    return bash(`set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
      . <(sed '/^declare -A given/d; /^eval /d' scripts/lib/common.sh)
      managers=${folder}/managers
      . scripts/lib/removal.sh
      guard_limit=1 node_name=manager-2
      cluster() { reply='[{"ID":"'$((SECONDS / ${String(change)}))'","Status":{"State":"ready"},"ManagerStatus":{"Reachability":"reachable"}}]'; }
      demote_now() { seen="manager-1 is missing"; ((SECONDS >= ${String(turn)})); }
      demote_in_turn id-2; echo "gone after $SECONDS"`);
  }

  it("is longer than one limit, as long as managers before it are replaced", () => {
    assert.match(wait(1, 2).stdout, /^gone after [23]/);
  });

  it("ends with what it saw last once nothing changes", () => {
    const { code, stderr } = wait(100, 50);
    assert.equal(code, 1);
    assert.match(stderr, /waited 1 s until manager-2 could be removed .*saw last: manager-1 is missing/);
  });

  it("ends after a limit for each manager, whatever changes", () => {
    assert.equal(wait(1, 50).code, 1);
  });
});

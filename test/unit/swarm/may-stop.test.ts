import assert from "node:assert/strict";
import { mayRestartManager, type ManagerView } from "../../../plan/quorum";
import { bash, type BashRan } from "../../support/bash";

/** What the guard on a host answers for manager-1, which is a manager of this swarm. */
function mayStop(managers: readonly ManagerView[], engine = ""): BashRan {
  const nodes = [
    { Description: { Hostname: "worker-1" }, Status: { State: "ready" } },
    ...managers.map(({ name, ready, reachable }) => ({
      Description: { Hostname: name },
      Status: { State: ready ? "ready" : "down" },
      ManagerStatus: { Reachability: reachable ? "reachable" : "unreachable" },
    })),
  ];
  return bash(
    `set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
    . <(sed '/^declare -A given/d; /^eval /d' scripts/lib/common.sh)
    . scripts/lib/may-stop.sh
    swarm_state() { reply='{"LocalNodeState":"active","ControlAvailable":true}'; }
    engine() { [ "$1 $2" = "GET /nodes" ]; reply=$nodes; }
    ${engine}
    may_stop manager-1; echo stops`,
    { env: { nodes: JSON.stringify(nodes) } },
  );
}

/** Managers by a letter each, the host's own first: r is reachable, d is dead, g is Down, but its address answers. */
const managers = (states: string): ManagerView[] =>
  Array.from(states).map((state, i) => ({
    ...{ id: `manager-${i + 1}`, name: `manager-${i + 1}`, leader: false },
    ...{ ready: state === "r", reachable: state !== "d" },
  }));

describe("the quorum guard before a Docker engine stops", () => {
  for (const states of ["r", "rr", "rrr", "rrd", "rrg", "drr", "rrrr", "rrrd", "rrrrr", "rrrrd", "rrrdg"]) {
    it(`is the plan's, on the host: ${states}`, () => {
      const { allowed } = mayRestartManager({ managers: managers(states), candidate: "manager-1" });
      const { code, stdout, stderr } = mayStop(managers(states));
      assert.deepEqual([code, stdout], allowed ? [0, "stops\n"] : [1, ""], stderr);
      if (!allowed) assert.match(stderr, /without manager-1 the managers would have no majority/);
    });
  }

  it("stops no manager while nobody can list the managers", () => {
    const { code, stderr } = mayStop(managers("rrr"), 'engine() { reply="no leader"; return 1; }');
    assert.equal(code, 1);
    assert.match(stderr, /the managers can't be counted.*no leader/);
  });

  it("asks nobody on a worker", () => {
    const worker = `swarm_state() { reply='{"ControlAvailable":false}'; }; engine() { fail "asked"; }`;
    assert.equal(mayStop(managers("rdd"), worker).stdout, "stops\n");
  });
});

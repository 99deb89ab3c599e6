import assert from "node:assert/strict";
import * as fc from "fast-check";
import { evaluate, type Evaluation } from "../../../cli/cluster/evaluate";
import type { Desired, LiveNode } from "../../../cli/cluster/model";
import { nextBatch, obstacles } from "../../../cli/operations/plan-replace";
import { found, nodesOf, wanted } from "../cluster/support";

function look(desired: Desired, changes: Record<string, Partial<LiveNode> | undefined> = {}): Evaluation {
  return evaluate(desired, found(desired, nodesOf(desired, changes)));
}

/** All batches, when every one of them succeeds. */
function batches(
  desired: Desired,
  names: readonly string[],
  changes: Record<string, Partial<LiveNode>> = {},
): string[][] {
  const todo = new Set(names);
  const all: string[][] = [];
  while (todo.size > 0) {
    const batch = nextBatch(todo, look(desired, changes));
    assert.ok("names" in batch, JSON.stringify(batch));
    assert.ok(batch.names.length > 0);
    all.push([...batch.names]);
    for (const name of batch.names) todo.delete(name);
  }
  return all;
}

const everyone = (desired: Desired): string[] => desired.nodes.map((node) => node.name);

describe("nextBatch", () => {
  it("replaces registry nodes and workers first, then managers, the leader last", () => {
    const desired = wanted();
    assert.deepEqual(batches(desired, everyone(desired)).flat(), [
      ...["registry-1", "registry-2", "registry-3", "worker-1", "worker-2", "worker-3"],
      ...["manager-2", "manager-3", "manager-1"],
    ]);
    const leader = { "manager-1": { leader: false }, "manager-3": { leader: true } };
    assert.deepEqual(batches(desired, ["manager-3", "manager-1"], leader), [["manager-1"], ["manager-3"]]);
  });

  it("replaces dead ones before living ones of the same kind", () => {
    const desired = wanted();
    assert.deepEqual(batches(desired, ["worker-1", "worker-2"], { "worker-2": { state: "down" } }), [
      ["worker-2"],
      ["worker-1"],
    ]);
  });

  it("refuses a manager that the majority needs, and allows the dead one instead", () => {
    const changes = { "manager-3": { state: "down", reachability: "unreachable" } };
    const refused = nextBatch(new Set(["manager-2"]), look(wanted(), changes));
    assert.ok("refused" in refused);
    assert.match(
      refused.refused,
      /manager-2 can't be replaced now: without manager-2 only 1 of 2 would be alive, and 2 are needed/,
    );
    assert.deepEqual(nextBatch(new Set(["manager-3"]), look(wanted(), changes)), { names: ["manager-3"] });
    assert.ok("refused" in nextBatch(new Set(["manager-1"]), look(wanted(1))));
  });

  it("replaces every host once, never empties a pool or a zone, and takes managers one by one", () => {
    fc.assert(
      fc.property(fc.constantFrom(3, 5, 7), fc.integer({ min: 1, max: 60 }), (managers, workers) => {
        const desired = wanted(managers, 3, workers);
        const all = batches(desired, everyone(desired));
        assert.deepEqual(all.flat().sort(), everyone(desired).sort());
        for (const batch of all) {
          const hosts = desired.nodes.filter((node) => batch.includes(node.name));
          assert.ok(hosts.length === 1 || hosts.every((host) => host.role !== "manager"));
          assert.equal(new Set(hosts.map((host) => `${host.pool} ${host.zone}`)).size, 1, "of one pool and zone");
          for (const key of ["pool", "zone"] as const) {
            const group = desired.nodes.filter((node) => node[key] === hosts[0]?.[key]);
            assert.ok(hosts.length < group.length || group.length === 1, `${batch.join()} empties a ${key}`);
          }
        }
      }),
    );
  });
});

describe("obstacles", () => {
  it("are all problems but those of the hosts that are to be replaced", () => {
    const desired = wanted();
    const { problems } = look(desired, { "manager-3": { state: "down" }, "worker-1": { state: "down" } });
    assert.deepEqual(obstacles(problems, new Set(["manager-3", "worker-1"])), []);
    assert.deepEqual(
      obstacles(problems, new Set(["manager-3"])).map((problem) => problem.hosts),
      [["worker-1"]],
    );
  });
});

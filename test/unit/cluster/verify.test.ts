import assert from "node:assert/strict";
import type { Problem } from "../../../cli/cluster/model";
import { isSettled, stayedDown } from "../../../cli/cluster/verify";
import { nodeOf, wanted } from "./support";

const seen = (...problems: Omit<Problem, "text">[]): Parameters<typeof isSettled>[0] => ({
  status: {
    healthy: problems.length === 0,
    swarmId: "",
    nodes: [],
    loadBalancers: {},
    certificates: [],
    ingress: [],
    engines: {},
    problems: [],
  },
  problems: problems.map((problem) => ({ ...problem, text: problem.kind })),
});

describe("the check before a command reports success", () => {
  it("waits for problems that may pass, not for lasting ones", () => {
    assert.ok(isSettled(seen()));
    assert.ok(!isSettled(seen({ kind: "loadBalancer", hosts: ["worker-1"] })));
    assert.ok(!isSettled(seen({ kind: "unreachable", hosts: [] })));
    assert.ok(isSettled(seen({ kind: "node", hosts: ["worker-1"] }, { kind: "host", hosts: ["worker-1"] })));
    assert.ok(isSettled(seen({ kind: "service", hosts: [] })));
  });

  it("doesn't wait for a locked manager, which stays locked", () => {
    const locked = [
      { kind: "locked", hosts: ["manager-1"] },
      { kind: "unreachable", hosts: [] },
    ] as const;
    assert.ok(isSettled(seen(...locked)));
    assert.ok(isSettled(seen(...locked), { changed: true, gone: [] }));
  });

  it("after hosts were brought back, waits until only those that are gone are missing", () => {
    const recovery = { changed: true, gone: ["worker-1"] };
    const gone = [
      { kind: "host", hosts: ["worker-1"] },
      { kind: "node", hosts: ["worker-1"] },
    ] as const;
    assert.ok(isSettled(seen(...gone), recovery));
    assert.ok(isSettled(seen(...gone, { kind: "service", hosts: [], redo: "urn" }), recovery));
    assert.ok(!isSettled(seen(...gone, { kind: "node", hosts: ["worker-2"] }), recovery));
    assert.ok(!isSettled(seen({ kind: "unreachable", hosts: [] }, ...gone), recovery));
  });

  it("waits no longer for a node that was Down before the run and that the run hasn't changed", () => {
    const begun = new Date("2026-11-30T14:00:00Z");
    const [host] = wanted().nodes;
    assert.ok(host !== undefined);
    const at = (state: string, updatedAt: string): Parameters<typeof stayedDown>[0] => ({
      matches: [{ desired: host, node: nodeOf(host, { state, updatedAt }) }],
    });
    assert.ok(stayedDown(at("down", "2026-11-30T13:59:59.123456789Z"), begun));
    assert.ok(!stayedDown(at("ready", "2026-11-30T13:59:59.123456789Z"), begun));
    // A step has restarted its Docker engine, or given the node labels.
    assert.ok(!stayedDown(at("down", "2026-11-30T14:00:01.123456789Z"), begun));
    assert.ok(!stayedDown({ matches: [{ desired: host }] }, begun));
  });
});

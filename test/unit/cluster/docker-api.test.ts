import assert from "node:assert/strict";
import { listNodes } from "../../../cli/cluster/docker-api";

describe("the list of nodes", () => {
  it("has a node that never came up, by its id", async () => {
    // As Docker engine 26.1.5 listed it after `swarm init --force-new-cluster` on a founder that had taken it in.
    const never = {
      ID: "qi5f1p7bhl6yn3c2v2v1lr3zc",
      Version: { Index: 9 },
      UpdatedAt: "2026-11-29T22:39:00Z",
      Spec: { Role: "manager", Availability: "active", Labels: {} },
      Description: { Platform: {}, Resources: {}, Engine: {}, TLSInfo: {} },
      Status: { State: "unknown" },
    };
    const [node] = await listNodes(() => Promise.resolve([never]));
    assert.equal(node?.hostname, `(${never.ID})`);
    assert.deepEqual([node.state, node.engineLabels, node.reachability], ["unknown", {}, ""]);
  });
});

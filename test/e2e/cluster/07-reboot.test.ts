import assert from "node:assert/strict";
import { figure } from "../../support/run";
import { CLUSTER, HOSTS, useSharedStack } from "../../support/shared-stack";

describe("a reboot of the workstation", function () {
  this.timeout(300_000);
  const stack = useSharedStack(CLUSTER);

  it("is over with npm start: the same hosts, the same swarm", async () => {
    const identities = await stack.identities();
    const swarmIds = await stack.swarmIds();
    const ids = (await stack.nodes()).map((node) => node.ID).sort();
    // A workstation that shuts down gives its programs little time.
    await stack.kill(...HOSTS, "bastion", "lb-manager");
    const { seconds } = await stack.start();
    figure("npm start after all containers had stopped", seconds);
    assert.deepEqual(await stack.identities(), identities);
    figure("healthy after a further", await stack.untilHealthy());
    assert.deepEqual(await stack.swarmIds(), swarmIds);
    const nodes = await stack.nodes();
    assert.deepEqual(nodes.map((node) => node.ID).sort(), ids);
    assert.ok(nodes.every((node) => node.Status === "Ready"));
  });
});

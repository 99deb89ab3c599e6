import assert from "node:assert/strict";
import { figure } from "../../support/run";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";

describe("a second run", function () {
  this.timeout(120_000);
  const stack = useSharedStack(CLUSTER);

  it("has nothing to preview", async () => {
    const { stdout } = await stack.pulumi("preview", "--expect-no-changes", "--json");
    const { changeSummary } = JSON.parse(stdout) as { changeSummary: Record<string, number> };
    assert.deepEqual(Object.keys(changeSummary), ["same"]);
  });

  it("of npm start changes nothing", async () => {
    const before = await stack.identities();
    const ids = (await stack.nodes()).map((node) => node.ID).sort();
    const { seconds, output } = await stack.start();
    figure("npm start, unchanged", seconds);
    assert.match(output, /Resources:\s+\d+ unchanged/);
    assert.doesNotMatch(output, /created|updated|replaced|deleted/);
    assert.deepEqual(await stack.identities(), before);
    assert.deepEqual((await stack.nodes()).map((node) => node.ID).sort(), ids);
  });

  it("of pulumi up changes nothing either", async () => {
    const { seconds, output } = await stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    figure("pulumi up, unchanged", seconds);
    assert.match(output, /Resources:\s+\d+ unchanged/);
  });

  it("of refresh finds everything as it was left", async () => {
    const { output } = await stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.match(output, /Resources:\s+\d+ unchanged/);
  });
});

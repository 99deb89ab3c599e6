import assert from "node:assert/strict";
import { figure } from "../../support/run";
import { assertNoSecret, knownSecrets } from "../../support/secrets";
import { useSharedStack } from "../../support/shared-stack";
import { TestStack } from "../../support/test-stack";
import { portsFrom } from "../../support/stack-config";

describe("a second, minimal stack beside the first", function () {
  this.timeout(300_000);
  const stack = useSharedStack();
  const small = new TestStack(
    "e2e-small",
    { hosts: "10.215.0.0/20", ports: portsFrom(23210) },
    { zones: ["zone-a"], managers: { count: 1 }, registry: { replicas: 1 }, workers: { worker: { count: 1 } } },
  );

  before(() => small.reset());
  after(async () => {
    if ((await small.remains()).length > 0) await small.destroy();
  });

  it("comes up with a swarm of its own", async () => {
    const { seconds, output } = await small.pulumi("up", "--yes", "--skip-preview");
    figure("pulumi up of 3 hosts", seconds);
    // Unlike npm start, this shows all that the Pulumi engine prints of a first up.
    assert.match(output, /prepare-manager-1 creating/);
    assertNoSecret("the output of pulumi up", output, await knownSecrets(small));
    const names = (await small.nodes()).map((node) => node.Hostname).sort();
    assert.deepEqual(names, ["manager-1", "registry-1", "worker-1"]);
    await small.untilHealthy();
    assert.notDeepEqual(await small.swarmIds(), await stack.swarmIds());
  });

  it("leaves the first as it was", async () => {
    const { code, status } = await stack.status();
    assert.equal(code, 0, status.problems.join("\n"));
    assert.equal(status.nodes.length, 9);
  });

  it("is destroyed without a trace, while the first one stays up", async () => {
    const before = await stack.identities();
    const { seconds } = await small.destroy();
    figure("npm run destroy of 3 hosts", seconds);
    assert.deepEqual(await small.remains(), []);
    assert.deepEqual(await stack.identities(), before);
    assert.equal((await stack.status()).code, 0);
  });
});

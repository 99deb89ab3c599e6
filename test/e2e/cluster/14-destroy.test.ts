import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { figure } from "../../support/run";
import { CLUSTER, HOSTS, sharedStackIsGone, useSharedStack } from "../../support/shared-stack";

/**
 * Seconds. It takes less than 10 (docs/performance.md), which the printed figure shows; this is what tells seconds from
 * minutes, that is, from one dead host's time limit after the other, on a busy workstation too.
 */
const DESTROY_LIMIT = 60;

describe("destroy", function () {
  this.timeout(180_000);
  const stack = useSharedStack(CLUSTER);

  it("leaves nothing, and is quick, also when all hosts are dead", async () => {
    assert.ok((await stack.remains()).length > 20);
    await stack.kill(...HOSTS, "bastion", "lb-manager");
    const { seconds, output } = await stack.destroy();
    sharedStackIsGone(CLUSTER);
    assert.deepEqual(await stack.remains(), []);
    const [, pulumi = "NaN"] = /done in ([\d.]+) s/.exec(output) ?? [];
    figure("pulumi destroy of 9 dead hosts", Number(pulumi));
    figure("npm run destroy, all in all", seconds);
    assert.ok(Number(pulumi) < DESTROY_LIMIT, output);
  });

  it("leaves no state either", () => {
    const backend = join(stack.home, "state", "swarm-ha", "backend");
    const files = readdirSync(backend, { recursive: true, encoding: "utf8" });
    const left = files.filter((file) => file.includes(`${stack.name}.`) && !file.includes("history"));
    assert.deepEqual(left, []);
  });
});

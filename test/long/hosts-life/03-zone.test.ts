import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { callsInARow } from "../../support/docker-context";
import { hosts, stack, useLife } from "../../support/hosts/life";
import { Load } from "../../support/load";
import { figure } from "../../support/run";

/** Hosts of rack-1. The bastion is there, too: it is the first host of load balancers. */
const ZONE = ["lb-1", "manager-1", "registry-1", "worker-1"];

/** Seconds until the last failed request: health checks of two load balancers, and an address that moves (measured: see docs). */
const SERVES = 20;

describe("a zone of hosts that exist already is lost", function () {
  this.timeout(600_000);
  const { hello } = useLife();
  let swarm: string[];

  it("under load: the application and the managers' API answer through the other zones", async () => {
    swarm = await stack.swarmIds();
    const load = new Load(() => hello().ask());
    try {
      await sleep(3000);
      const lost = Date.now();
      await hosts.kill(...ZONE);
      figure("the managers' API answers again after", await callsInARow(stack, 3, 60));
      await sleep(lost + 50_000 - Date.now());
      const { requests, failed, lastFailure, longestGap } = load.report(lost);
      console.log(`        ${String(requests)} requests, ${String(failed.length)} failed`);
      figure("the last failed request was begun after", lastFailure);
      figure("the longest time without an answer", longestGap);
      assert.ok(lastFailure < SERVES, failed.slice(-5).join("\n"));
    } finally {
      await load.stop();
    }
  });

  it("and comes back: repair ends healthy, with the same nodes, and an up has nothing to do", async () => {
    const before = (await stack.nodes()).map(({ ID }) => ID).sort();
    await hosts.start(...ZONE);
    const { seconds } = await stack.good("repair", [stack.name], 400);
    figure("npm run repair after the zone is back", seconds);
    const { code, status } = await stack.status();
    assert.equal(code, 0, status.problems.join("\n"));
    assert.deepEqual((await stack.nodes()).map(({ ID }) => ID).sort(), before);
    assert.deepEqual(await stack.swarmIds(), swarm);
    assert.equal((await stack.balancersWithAddress()).length, 1);
    await stack.pulumi("preview", "--expect-no-changes");
  });
});

import assert from "node:assert/strict";
import { forward } from "../support/hosts/edge";
import { Application, REGISTRY, trustAgain, useLossStack } from "../support/hosts/loss-hosts";
import { RegistryClient } from "../support/registry";
import { figure, until } from "../support/run";
import { IMAGE } from "../support/web-service";

/** Seconds without an answer while the virtual address moves. */
const GAP = 5;

describe("the ways to a stack on hosts that exist already:", function () {
  this.timeout(600_000);
  const { stack, hosts } = useLossStack();

  it("a user's own load balancer, named by its endpoint, does what the outputs say, and images are called by its name", async () => {
    const outputs = await stack.outputs();
    assert.equal(outputs.endpoints.registry, `https://${REGISTRY}:5000`);
    const { registry: forwards } = outputs.forwards ?? {};
    assert.ok(forwards !== undefined);
    await forward(hosts, "edge", forwards);
    await Application.deploy();
    const registry = new RegistryClient(stack, outputs);
    const push = `docker tag ${IMAGE} "$R/web:1" && login && docker push --quiet "$R/web:1"`;
    await until("a push through the load balancer", 60, () =>
      registry.good("worker-1", push, 50).then(() => undefined),
    );
    assert.match(await registry.pull("worker-2", "web:1"), /^sha256:/);
    await stack.untilHealthy();
  });

  it("a host of the load balancers is replaced, and the virtual address moves to the other one", async () => {
    const application = await Application.deploy();
    const [active = "", ...more] = await stack.balancersWithAddress();
    assert.deepEqual(more, []);
    const load = application.load();
    const begun = Date.now();
    const { seconds } = await stack.good("replace", [stack.name, active, "--yes"]).finally(() => load.stop());
    figure(`npm run replace of the load balancer's host with the virtual address`, seconds);
    const { longestGap, requests } = load.report(begun);
    figure("the application didn't answer for at most", longestGap);
    assert.ok(requests > 50 && longestGap <= GAP, `${longestGap.toFixed(1)} s without an answer`);
    const now = await stack.balancersWithAddress();
    assert.ok(now.length === 1 && !now.includes(active), now.join());
    await stack.untilHealthy();
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("a bastion that is lost and re-installed: its new key is trusted, and repair does the rest, while applications serve", async () => {
    const application = await Application.deploy();
    const load = application.load();
    const begun = Date.now();
    try {
      await hosts.kill("bastion");
      const { code, status } = await stack.status();
      assert.equal(code, 1);
      assert.match(status.problems.join("\n"), /The bastion can't be reached/);
      const dead = await stack.tool("repair", [stack.name, "--yes"]);
      assert.equal(dead.code, 1, dead.output);
      assert.match(dead.output, /the bastion doesn't answer by SSH, and only a person can bring it back/);

      await hosts.reimage("bastion");
      const other = await stack.tool("repair", [stack.name, "--yes"]);
      assert.equal(other.code, 1, other.output);
      assert.match(other.output, /the bastion shows another SSH host key .*npm run trust-hosts -- hosts-loss --renew/);
      await trustAgain();
      const { seconds } = await stack.good("repair", [stack.name], 600);
      figure("npm run repair of a bastion that was re-installed", seconds);
    } finally {
      await load.stop();
    }
    const { failed, requests } = load.report(begun);
    assert.deepEqual(failed, []);
    assert.ok(requests > 100);
    await stack.untilHealthy();
    await stack.pulumi("preview", "--expect-no-changes");
  });
});

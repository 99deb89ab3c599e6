import assert from "node:assert/strict";
import { firstUp, NODES, useSharedHosts, zoneOf } from "../../support/hosts/shared-hosts";
import { figure } from "../../support/run";

const MANAGERS = NODES.filter((name) => name.startsWith("manager-"));

describe("a stack on hosts that exist already", function () {
  this.timeout(300_000);
  const { stack, hosts } = useSharedHosts();

  it("is healthy by status: every host is a node of its own name, in its zone", async () => {
    const { code, status } = await stack.status();
    assert.equal(code, 0, status.problems.join("\n"));
    assert.deepEqual(status.problems, []);
    assert.deepEqual(status.nodes.map(({ name }) => name).sort(), [...NODES].sort());
    assert.ok(status.nodes.every((node) => node.desired && node.status === "Ready" && node.zone === zoneOf(node.name)));
    assert.equal(status.nodes.filter(({ managerStatus }) => managerStatus === "Leader").length, 1);
    assert.deepEqual([status.swarmId], await stack.swarmIds());
    for (const tier of ["manager", "registry", "worker"] as const) {
      const { healthy = [] } = status.loadBalancers[tier === "worker" ? "app" : tier] ?? {};
      assert.deepEqual(
        [...healthy].sort(),
        NODES.filter((name) => name.startsWith(`${tier}-`)),
      );
    }
  });

  it("has its endpoints at the virtual address, which one host of the load balancers has", async () => {
    const { endpoints, records } = await stack.outputs();
    assert.equal(endpoints.manager, `tcp://${stack.virtualAddress}:2376`);
    assert.equal(endpoints.registry, "https://registry.swarm.example:5000");
    assert.equal(endpoints.app, "https://*.app.swarm.example");
    assert.ok(Object.values(records ?? {}).includes(stack.virtualAddress), JSON.stringify(records));
    assert.equal((await stack.balancersWithAddress()).length, 1);
  });

  it("has the Docker engine where there was none, held, and a marker on each manager", async () => {
    const held = await hosts.exec("worker-2", ["apt-mark", "showhold"]);
    assert.match(held, /^docker\.io$/m);
    for (const host of MANAGERS) assert.match(await hosts.exec(host, ["cat", "/etc/swarm-ha/host"]), /hosts-e2e/);
  });

  it("shows no secret in its preview", async () => {
    const { output } = await stack.pulumi("preview", "--diff");
    assert.ok(!output.includes("correct horse"));
    const key = hosts.key.private.split("\n")[2] ?? "";
    assert.ok(key.length > 20 && !output.includes(key));
  });

  it("is unchanged by a second up", async () => {
    await firstUp();
    const { output, seconds } = await stack.up();
    assert.match(output, /Resources:\s+\d+ unchanged/);
    figure("a second pulumi up", seconds);
    await stack.pulumi("preview", "--expect-no-changes");
  });
});

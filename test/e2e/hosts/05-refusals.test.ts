import assert from "node:assert/strict";
import { HostsStack, LOAD_BALANCERS_ELSEWHERE } from "../../support/hosts/hosts-stack";
import { snapshots, useSharedHosts } from "../../support/hosts/shared-hosts";
import { differences } from "../../support/hosts/snapshot";

describe("hosts that exist already and are in use,", function () {
  this.timeout(300_000);
  const { stack, hosts } = useSharedHosts();

  it("are refused to a second stack before anything is touched, and the first one's name is told", async () => {
    const second = new HostsStack("hosts-second", hosts, {
      zones: ["rack-1"],
      loadBalancers: LOAD_BALANCERS_ELSEWHERE,
      inventory: [
        { name: "manager-1", role: "manager", zone: "rack-1" },
        { name: "registry-1", role: "registry", zone: "rack-1" },
        { name: "worker-1", role: "worker", zone: "rack-1" },
      ],
    });
    await second.reset();
    const before = await snapshots();
    const { code, output } = await second.tool("pulumi", ["up", "--yes", "--skip-preview", "-s", second.name]);
    assert.notEqual(code, 0);
    for (const host of ["manager-1", "registry-1", "worker-1"]) assert.match(output, new RegExp(`${host}.*hosts-e2e`));
    const now = await snapshots();
    for (const [host, was] of Object.entries(before)) {
      const is = now[host];
      assert.ok(is !== undefined, host);
      assert.deepEqual(differences(was, is), [], host);
    }
    await stack.untilHealthy();
  });
});

import assert from "node:assert/strict";
import { filesBefore, sharedHostsAreFree, snapshots, useSharedHosts } from "../../support/hosts/shared-hosts";
import { differences } from "../../support/hosts/snapshot";
import { figure } from "../../support/run";

/** What docs/hosts.md says that stays. */
const STAYS: readonly RegExp[] = [];

describe("destroy of a stack on hosts that exist already", function () {
  this.timeout(300_000);
  const { stack, hosts } = useSharedHosts();

  it("skips a dead host and names it, and on the others removes exactly what the stack wrote", async () => {
    await hosts.kill("worker-1");
    const { output, seconds } = await stack.tool("destroy", [stack.name, "--yes"], 300);
    figure("npm run destroy with a dead host", seconds);
    sharedHostsAreFree();
    assert.match(output, /worker-1/);
    const now = await snapshots(["worker-1"]);
    const left = Object.entries(filesBefore()).flatMap(([host, was]) => {
      const is = now[host];
      return is === undefined ? [] : differences(was, is).map((one) => `${host}: ${one}`);
    });
    assert.deepEqual(
      left.filter((one) => !STAYS.some((pattern) => pattern.test(one))),
      [],
    );
  });

  it("leaves no host in a swarm, and those Docker engines running that were there before", async () => {
    for (const name of hosts.names) {
      if (name === "worker-1") continue;
      const { stdout } = await hosts.tryExec(name, ["docker", "info", "--format", "{{.Swarm.LocalNodeState}}"]);
      assert.equal(stdout.trim(), name === "worker-2" ? "" : "inactive", name);
    }
  });
});

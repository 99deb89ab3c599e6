import assert from "node:assert/strict";
import { NODES, useSharedHosts } from "../../support/hosts/shared-hosts";
import { figure, until } from "../../support/run";

describe("hosts that exist already are replaced:", function () {
  this.timeout(300_000);
  const { stack, hosts } = useSharedHosts();

  const nodeIds = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries((await stack.nodes()).map(({ Hostname, ID }) => [Hostname, ID]));
  /** The one host is another node of the same swarm; the others are as they were. */
  const assertOnly = async (host: string, ids: Readonly<Record<string, string>>, swarm: string[]): Promise<void> => {
    const now = await nodeIds();
    assert.deepEqual(Object.keys(now).sort(), [...NODES].sort());
    assert.notEqual(now[host], ids[host]);
    assert.deepEqual({ ...now, [host]: "" }, { ...ids, [host]: "" });
    assert.deepEqual(await stack.swarmIds(), swarm);
  };

  for (const host of ["worker-1", "manager-3"]) {
    it(`${host} leaves, is cleaned and joins again, and the swarm keeps its majority`, async () => {
      const [ids, swarm] = [await nodeIds(), await stack.swarmIds()];
      const identity = await hosts.exec(host, ["cat", "/etc/swarm-ha/host"]);
      const { seconds } = await stack.good("replace", [stack.name, host]);
      figure(`npm run replace of ${host}`, seconds);
      await assertOnly(host, ids, swarm);
      assert.notEqual(await hosts.exec(host, ["cat", "/etc/swarm-ha/host"]), identity);
      await stack.untilHealthy();
    });
  }

  it("a worker that was installed anew is recognized, and joins again once its new key is trusted", async () => {
    const [ids, swarm] = [await nodeIds(), await stack.swarmIds()];
    await hosts.reimage("worker-1");
    await until("worker-1's old node to be down", 60, async () => {
      const { Status = "gone" } = (await stack.nodes()).find(({ Hostname }) => Hostname === "worker-1") ?? {};
      return Status === "Down" ? undefined : Status;
    });
    const { code, status } = await stack.status();
    assert.equal(code, 1);
    assert.ok(
      status.problems.some((problem) => problem.includes("worker-1")),
      status.problems.join("\n"),
    );
    const refused = await stack.tool("repair", [stack.name]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /worker-1: .*npm run trust-hosts -- hosts-e2e --renew/);
    const trusted = await stack.good("trust-hosts", [stack.name, "--renew", "--yes"], 60);
    assert.match(trusted.output, /worker-1/);
    const { seconds } = await stack.good("repair", [stack.name]);
    figure("npm run repair of a worker that was installed anew", seconds);
    await assertOnly("worker-1", ids, swarm);
    await stack.untilHealthy();
  });
});

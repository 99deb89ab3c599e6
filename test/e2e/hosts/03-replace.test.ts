import assert from "node:assert/strict";
import { NODES, useSharedHosts } from "../../support/hosts/shared-hosts";
import { figure, until } from "../../support/run";

describe("hosts that exist already are replaced:", function () {
  this.timeout(300_000);
  const { stack, hosts } = useSharedHosts();

  const nodeIds = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries((await stack.nodes()).map(({ Hostname, ID }) => [Hostname, ID]));
  /** These hosts are other nodes of the same swarm; the others are as they were. */
  const assertOnly = async (
    changed: readonly string[],
    ids: Readonly<Record<string, string>>,
    swarm: string[],
  ): Promise<void> => {
    const now = await nodeIds();
    assert.deepEqual(Object.keys(now).sort(), [...NODES].sort());
    const other = NODES.filter((name) => now[name] !== ids[name]);
    assert.deepEqual(other, changed);
    assert.deepEqual(await stack.swarmIds(), swarm);
  };
  const isNamed = async (host: string): Promise<void> => {
    const { code, status } = await stack.status();
    assert.equal(code, 1);
    assert.ok(
      status.problems.some((problem) => problem.startsWith(`${host} `)),
      status.problems.join("\n"),
    );
  };

  it("a manager and a worker leave, are cleaned and join again, one by one, and the swarm keeps its majority", async () => {
    const [ids, swarm] = [await nodeIds(), await stack.swarmIds()];
    const both = ["manager-3", "worker-1"];
    const markers = (): Promise<string[]> =>
      Promise.all(both.map((host) => hosts.exec(host, ["cat", "/etc/swarm-ha/host"])));
    const before = await markers();
    const { seconds } = await stack.good("replace", [stack.name, ...both, "--yes"]);
    figure(`npm run replace of ${both.join(" and ")}`, seconds);
    await assertOnly(both, ids, swarm);
    const after = await markers();
    after.forEach((marker, i) => {
      assert.notEqual(marker, before[i]);
    });
    await stack.untilHealthy();
  });

  it("a dead worker is named by status, and an up goes past it", async () => {
    await hosts.kill("worker-1");
    await until("worker-1 to be down", 60, async () => {
      const { Status = "gone" } = (await stack.nodes()).find(({ Hostname }) => Hostname === "worker-1") ?? {};
      return Status === "Down" ? undefined : Status;
    });
    await isNamed("worker-1");
    await stack.upPast("worker-1");
  });

  it("re-installed, it is recognized, and joins again once its new key is trusted", async () => {
    const [ids, swarm] = [await nodeIds(), await stack.swarmIds()];
    await hosts.reimage("worker-1");
    await isNamed("worker-1");
    const refused = await stack.tool("repair", [stack.name]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /worker-1: .*npm run trust-hosts -- hosts-e2e --renew/);
    const trusted = await stack.good("trust-hosts", [stack.name, "--renew", "--yes"], 60);
    assert.match(trusted.output, /worker-1/);
    const { seconds } = await stack.good("repair", [stack.name]);
    figure("npm run repair of a worker that was re-installed", seconds);
    await assertOnly(["worker-1"], ids, swarm);
    await stack.untilHealthy();
  });
});

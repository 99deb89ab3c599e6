import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Application, MANAGERS, trustAgain, useLossStack } from "../support/hosts/loss-hosts";
import { figure, until } from "../support/run";

/** Seconds in which managers with old data elect a leader, if they can: an election takes up to 21. */
const ELECTION = 30;
const LOST = ["manager-2", "manager-3"];

describe("a lost majority on hosts that exist already", function () {
  this.timeout(900_000);
  const { stack, hosts } = useLossStack();

  const config = (name: string): Promise<number> =>
    until(`the swarm to accept the config ${name}`, 60, async () => {
      await stack.onManager(["sh", "-c", `echo x | docker config create ${name} -`]);
      return undefined;
    });
  /** All managers are in service, one leads, and there is one swarm. @returns their nodes' ids */
  async function isWhole(swarm: readonly string[]): Promise<Record<string, string>> {
    await stack.untilHealthy();
    assert.deepEqual(await stack.swarmIds(), swarm);
    const managers = (await stack.nodes()).filter(({ ManagerStatus }) => ManagerStatus !== "");
    assert.deepEqual(managers.map(({ Hostname }) => Hostname).sort(), MANAGERS);
    assert.equal(managers.filter(({ ManagerStatus }) => ManagerStatus === "Leader").length, 1);
    return Object.fromEntries(managers.map(({ Hostname, ID }) => [Hostname, ID]));
  }

  it("is recovered from the manager that is left, while applications serve; old managers that come back form no second swarm", async () => {
    const application = await Application.deploy();
    const swarm = await stack.swarmIds();
    const before = await isWhole(swarm);
    await config("early");
    const load = application.load();
    const begun = Date.now();
    try {
      await hosts.kill(...LOST);
      const refused = await stack.tool("repair", [stack.name, "--yes"], 400);
      assert.equal(refused.code, 1, refused.output);
      assert.match(refused.output, /npm run recover -- hosts-loss/);

      const recovered = await stack.tool("recover", [stack.name, "--from", "manager-1", "--yes"], 800);
      figure("npm run recover with 1 of 3 machines left, up to the swarm of one manager", recovered.seconds);
      // The machines are a person's to bring back.
      assert.equal(recovered.code, 1, recovered.output);
      for (const name of LOST) assert.match(recovered.output, new RegExp(`${name}.* only a person can bring it back`));
      assert.match(await hosts.exec("manager-1", ["docker", "config", "ls"]), /\bearly\b/);
      await config("after");

      await hosts.start(...LOST);
      await sleep(ELECTION * 1000);
      // Whoever answers knows what was changed since.
      for (const name of MANAGERS) {
        const { code, stdout } = await hosts.tryExec(name, ["docker", "config", "ls"]);
        if (code === 0) assert.match(stdout, /\bafter\b/, name);
      }
      const { seconds } = await stack.good("repair", [stack.name, "--yes"], 600);
      figure("npm run repair of two managers that came back with old data", seconds);
    } finally {
      await load.stop();
    }
    const after = await isWhole(swarm);
    assert.equal(after["manager-1"], before["manager-1"]);
    const { failed, requests } = load.report(begun);
    assert.deepEqual(failed, []);
    assert.ok(requests > 100);
  });

  it("is recovered in one go where the lost machines were re-installed before", async () => {
    const swarm = await stack.swarmIds();
    const before = await isWhole(swarm);
    await Promise.all(LOST.map((name) => hosts.reimage(name)));
    const refused = await stack.tool("recover", [stack.name, "--from", "manager-1", "--yes"], 400);
    assert.equal(refused.code, 1, refused.output);
    assert.match(
      refused.output,
      /manager-2 and manager-3 show another SSH host key .*trust-hosts -- hosts-loss --renew/,
    );
    await trustAgain();
    const { seconds } = await stack.good("recover", [stack.name, "--from", "manager-1", "--yes"], 800);
    figure("npm run recover with two managers that were re-installed", seconds);
    const after = await isWhole(swarm);
    assert.equal(after["manager-1"], before["manager-1"]);
    assert.match(await stack.onManager(["docker", "config", "ls"]), /\bafter\b/);
  });
});

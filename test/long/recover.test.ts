import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { scriptCall } from "../../cli/cluster/host-shell";
import { figure, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";
import { WebService } from "../support/web-service";

const MANAGERS = [1, 2, 3, 4, 5].map((n) => `manager-${String(n)}`);
/** Seconds in which managers with old data elect a leader, if they can: an election takes up to 21. */
const ELECTION = 30;

describe("recovery of a lost majority", function () {
  this.timeout(900_000);
  const place = { hosts: "10.231.0.0/20", ports: portsFrom(23300) };
  const stack = new TestStack("e2e-recover", place, {
    managers: { count: MANAGERS.length },
    registry: { replicas: 1 },
    workers: { worker: { count: 2, labels: { "com.example.storage": "ssd" } } },
  });
  const web = new WebService(stack);

  before(async () => {
    await stack.reset();
    await stack.start();
    await web.load("worker-1", "worker-2");
    await web.create(2);
    await web.startClient("worker-1", true);
  });
  after(() => stack.destroy());

  async function isWhole(swarm: readonly string[]): Promise<Record<string, string>> {
    await stack.untilHealthy();
    assert.deepEqual(await stack.swarmIds(), swarm);
    const managers = (await stack.nodes()).filter(({ ManagerStatus }) => ManagerStatus !== "");
    assert.deepEqual(managers.map(({ Hostname }) => Hostname).sort(), MANAGERS);
    assert.equal(managers.filter(({ ManagerStatus }) => ManagerStatus === "Leader").length, 1);
    return Object.fromEntries(managers.map(({ Hostname, ID }) => [Hostname, ID]));
  }

  /** Creates a config, as soon as there is a leader. */
  async function change(name: string): Promise<void> {
    await until(`the swarm to accept the config ${name}`, 60, async () => {
      await stack.onManager(["sh", "-c", `echo x | docker config create ${name} -`]);
      return undefined;
    });
  }

  it("forms a new cluster from the survivor with the latest changes, while applications serve", async () => {
    const swarm = await stack.swarmIds();
    const before = await isWhole(swarm);
    await stack.kill("manager-2");
    await change("late");
    await stack.lose("manager-1", "manager-4", "manager-5");

    const refused = await stack.tool("recover", [stack.name, "--from", "manager-2", "--yes"]);
    assert.equal(refused.code, 1, refused.output);
    assert.match(refused.output, /manager-3 has \d+ more changes .*--from manager-3\b/);

    const { seconds, output } = await stack.good("recover", [stack.name, "--yes"], 800);
    figure("recovery with 2 of 5 managers left", seconds);
    assert.match(output, /A new cluster was formed from manager-3\./);
    const after = await isWhole(swarm);
    assert.equal(after["manager-3"], before["manager-3"]);
    // The other survivor has left with its old data, and joined again.
    assert.notEqual(after["manager-2"], before["manager-2"]);
    assert.match(await stack.onManager(["docker", "config", "ls"]), /\blate\b/);

    const { ok, failed } = await web.clientReport();
    assert.deepEqual(failed, []);
    assert.ok(ok > 100, String(ok));
  });

  it("lets managers with old data form no second swarm, and repair takes them in again", async () => {
    const swarm = await stack.swarmIds();
    const before = await isWhole(swarm);
    await stack.kill("manager-1", "manager-2", "manager-5");
    // The forced start alone, as if a recovery had been interrupted after it.
    const { hosts, swarmId } = await stack.outputs();
    const address = hosts["manager-3"]?.address ?? "";
    const data = { name: "manager-3", address, swarmId, at: new Date().toISOString() };
    const { command, input } = scriptCall("recover", data);
    await until("the leader to be lost", 60, async () => {
      const nodes = await stack.exec("manager-3", ["docker", "node", "ls"]).catch(() => "");
      return nodes === "" ? undefined : nodes;
    });
    await stack.exec("manager-3", ["bash", "-c", command], input, 200);
    await change("after");
    await stack.revive("manager-1", "manager-2", "manager-5");
    await sleep(ELECTION * 1000);

    // Whoever answers knows what was changed since.
    for (const name of MANAGERS) {
      const configs = await stack.exec(name, ["docker", "config", "ls"]).catch(() => "after");
      assert.match(configs, /\bafter\b/, name);
    }
    const { seconds } = await stack.good("repair", [stack.name, "--yes"], 600);
    figure("repair of four managers with old data", seconds);
    const after = await isWhole(swarm);
    assert.equal(after["manager-3"], before["manager-3"]);
  });
});

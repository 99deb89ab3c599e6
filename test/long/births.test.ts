import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { figure, until } from "../support/run";
import { TestStack } from "../support/test-stack";
import { portsFrom } from "../support/stack-config";

/** Stacks from nothing: `SWARM_HA_TEST_BIRTHS=5 npm test -- long test/long/births.test.ts`. */
const BIRTHS = Number(process.env["SWARM_HA_TEST_BIRTHS"] ?? 50);

/** Milliseconds after its turn to join began at which a manager is killed: before, during and after the join. */
const MOMENTS = [0, 300, 600, 900, 1200, 1800];

/** Managers 2 and 3 join the founder at the same time, which is proven by repetition. */
describe("the birth of a swarm", function () {
  this.timeout(600_000);
  const stack = new TestStack("e2e-births", { hosts: "10.230.0.0/20", ports: portsFrom(23260) });

  /** One swarm of three managers, all of them in service. */
  async function isOneSwarm(): Promise<void> {
    assert.equal((await stack.swarmIds()).length, 1);
    const managers = (await stack.nodes()).filter(({ ManagerStatus }) => ManagerStatus !== "");
    assert.deepEqual(managers.map(({ Hostname }) => Hostname).sort(), ["manager-1", "manager-2", "manager-3"]);
  }

  after(() => stack.destroy());

  it(`is healthy at the first try, ${String(BIRTHS)} times`, async function () {
    this.timeout(BIRTHS * 120_000 + 60_000);
    for (let birth = 1; birth <= BIRTHS; birth++) {
      await stack.reset();
      const { seconds } = await stack.start();
      await stack.untilHealthy();
      await isOneSwarm();
      figure(`birth ${String(birth)}`, seconds);
    }
  });

  for (const moment of MOMENTS) {
    it(`converges when manager-2 is killed ${String(moment)} ms after its turn to join began`, async () => {
      await stack.reset();
      const ran = stack.tool("start", [stack.name]);
      await until("the turn of manager-2", 120, async () => {
        const turns = await stack.exec("bastion", ["cat", "/run/swarm-ha-joining"]);
        return turns.includes("manager-2") ? undefined : turns;
      });
      await sleep(moment);
      await stack.kill("manager-2");
      const { code } = await ran;
      figure(`npm start ended with ${String(code)}`, moment / 1000);
      await stack.start();
      await stack.untilHealthy();
      await isOneSwarm();
    });
  }
});

import assert from "node:assert/strict";
import { figure, until } from "../support/run";
import { TestStack } from "../support/test-stack";
import { portsFrom } from "../support/stack-config";

/** Stacks from nothing: `SWARM_HA_TEST_ROUNDS=5 npm test -- long test/long/bootstrap.test.ts`. */
const ROUNDS = Number(process.env["SWARM_HA_TEST_ROUNDS"] ?? 50);

/** Seconds after it got its join slot at which a manager is killed: before, during and after the join, which takes about 1 s. */
const MOMENTS = [0, 0.3, 0.6, 0.9, 1.2, 1.8];

/** Managers 2 and 3 join the founder at the same time, which is proven by repetition. */
describe("the bootstrap of a swarm", function () {
  this.timeout(600_000);
  const stack = new TestStack("e2e-bootstrap", { hosts: "10.230.0.0/20", ports: portsFrom(23260) });

  /** One swarm of three managers, all of them in service. */
  async function isOneSwarm(): Promise<void> {
    assert.equal((await stack.swarmIds()).length, 1);
    const managers = (await stack.nodes()).filter(({ ManagerStatus }) => ManagerStatus !== "");
    assert.deepEqual(managers.map(({ Hostname }) => Hostname).sort(), ["manager-1", "manager-2", "manager-3"]);
  }

  /**
   * The founder has taken manager-2 in, and manager-2 died before it knew that: one vote of two is no majority, and no join
   * that comes later changes that. There are no applications to lose.
   */
  async function recover(output: string): Promise<void> {
    assert.match(output, /The swarm does not have a leader/);
    const { seconds } = await stack.good("recover", [stack.name, "--yes"]);
    figure("recovery of the founder's majority", seconds);
  }

  after(() => stack.destroy());

  it(`is healthy at the first try, ${String(ROUNDS)} times`, async function () {
    this.timeout(ROUNDS * 120_000 + 60_000);
    for (let round = 1; round <= ROUNDS; round++) {
      await stack.reset();
      const { seconds } = await stack.start();
      await stack.untilHealthy();
      await isOneSwarm();
      figure(`npm start, round ${String(round)}`, seconds);
    }
  });

  for (const moment of MOMENTS) {
    it(`converges when manager-2 is killed ${String(moment)} s after it got its join slot`, async () => {
      await stack.reset();
      const ran = stack.tool("start", [stack.name]);
      // On the bastion itself, so that the moment is near what the title says.
      const wait = `until grep -q '^manager-2 ' /run/swarm-ha-joining; do sleep 0.05; done; sleep ${String(moment)}`;
      await until("the bastion to run", 120, () => stack.exec("bastion", ["true"]).then(() => undefined));
      await stack.exec("bastion", ["timeout", "120", "bash", "-c", `${wait} 2>/dev/null`], undefined, 130);
      await stack.kill("manager-2");
      const { code, seconds } = await ran;
      figure(`npm start with manager-2 killed, exit code ${String(code)}`, seconds);
      const again = await stack.tool("start", [stack.name]);
      if (again.code !== 0) await recover(again.output);
      await stack.untilHealthy();
      await isOneSwarm();
    });
  }
});

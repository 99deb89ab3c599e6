import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../dev/chaos/random";
import { helpOut, hurt, roundOf, roundText } from "../support/hosts/faults";
import { Application, NODES, trustAgain, useLossStack } from "../support/hosts/loss-hosts";

/** The same seed gives the same rounds. */
const SEED = Number(process.env["SWARM_HA_TEST_SEED"] ?? "7");
const ROUNDS = Number(process.env["SWARM_HA_TEST_ROUNDS"] ?? "6");
/** Seconds for one command. A removal waits up to 10 minutes for its turn, and then fails. */
const COMMAND_LIMIT = 900;
/** Seconds of requests after the repair, of which none may fail. */
const QUIET = 4;

describe(`random faults on hosts that exist already, seed ${String(SEED)}`, function () {
  this.timeout(1_800_000);
  const { stack, hosts } = useLossStack();
  const random = new Random(SEED);
  const rounds = Array.from({ length: ROUNDS }, () => roundOf(random, NODES, ["lb-1", "lb-2", "bastion"]));
  const configs: string[] = [];
  let swarm: string[] = [];

  before(async () => {
    swarm = await stack.swarmIds();
  });

  /** Tries to change the swarm. What is acknowledged must be there at the end. */
  async function change(): Promise<void> {
    const name = `drill-${String(SEED)}-${String(configs.length)}-${String(Date.now())}`;
    await stack.onManager(["sh", "-c", `echo x | timeout 15 docker config create ${name} -`]).then(
      () => configs.push(name),
      () => undefined,
    );
  }

  for (const round of rounds)
    it(`${roundText(round)}: ends healthy, and nothing that was acknowledged is lost`, async () => {
      const application = await Application.deploy();
      await change();
      for (const fault of round.faults) await hurt(hosts, fault);
      if (round.command !== undefined) {
        const args = {
          repair: ["repair", stack.name, "--yes"],
          up: ["pulumi", "up", "--yes", "--skip-preview", "-s", stack.name],
        };
        const [tool = "", ...rest] = args[round.command];
        const { code, seconds } = await stack.tool(tool, rest, COMMAND_LIMIT);
        console.log(`        ${round.command} ended with ${String(code)} after ${seconds.toFixed(0)} s`);
      }
      await change();
      if (await helpOut(hosts, round.faults)) await trustAgain();
      const { code, output, seconds } = await stack.tool("repair", [stack.name, "--yes"], COMMAND_LIMIT);
      console.log(`        repaired in ${seconds.toFixed(0)} s`);
      assert.equal(code, 0, output);
      await stack.untilHealthy();
      const load = application.load();
      await sleep(QUIET * 1000);
      await load.stop();
      assert.deepEqual(load.report(0).failed, []);
      assert.deepEqual(await stack.swarmIds(), swarm);
      const found = (await stack.onManager(["docker", "config", "ls", "--format", "{{.Name}}"])).split("\n");
      assert.deepEqual(
        configs.filter((name) => !found.includes(name)),
        [],
      );
    });
});

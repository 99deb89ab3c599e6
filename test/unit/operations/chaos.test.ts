import assert from "node:assert/strict";
import { repair } from "../../../cli/operations/repair";
import { replace } from "../../../cli/operations/replace";
import { Random } from "../../../dev/chaos/random";
import { SIMULATED_FAULTS, SimulatedCluster } from "../../support/simulated-cluster";
import { wanted } from "../cluster/support";
import { runQuietly } from "./fake-cluster";

/** Sequences of faults; `SWARM_HA_TEST_ROUNDS=100000` for a long search. */
const ROUNDS = Number(process.env["SWARM_HA_TEST_ROUNDS"] ?? 1000);
/** Repairs until a cluster must be healthy: a fault during the first one may hit what it has tried already. */
const MOST_REPAIRS = 3;

interface Drill {
  readonly cluster: SimulatedCluster;
  readonly random: Random;
  /** Ends the faults; `faults` allows more. */
  readonly calm: (faults?: number) => void;
}

/** A cluster of a random size, with faults at first and then in between. */
function drill(seed: number, faults: number): Drill {
  const random = new Random(seed);
  const cluster = new SimulatedCluster(wanted(random.pick([3, 3, 5, 7]), random.pick([1, 3]), 2 + random.below(4)));
  let left = faults;
  const hurt = (): void => {
    if (left === 0) return;
    left--;
    if (random.percent(10)) cluster.hurtBeside(random.pick(["bastion", "lb-manager"]));
    else cluster.hurt(random.pick(cluster.names), random.pick(SIMULATED_FAULTS));
  };
  for (let i = 1 + random.below(3); i > 0; i--) hurt();
  cluster.meanwhile = () => {
    if (random.percent(25)) hurt();
  };
  return {
    cluster,
    random,
    calm: (faults = 0) => {
      left = faults;
    },
  };
}

/** Repairs until a repair without faults in between has settled. */
async function heal({ cluster, calm }: Drill): Promise<void> {
  for (let i = 1; i <= MOST_REPAIRS; i++) {
    const { settled } = await runQuietly(repair(cluster), { yes: true });
    calm();
    if (settled && i > 1) return;
  }
}

/** All that must hold, with the seed and what happened for whoever looks for the cause. */
async function hold(seed: number, { cluster }: Drill): Promise<void> {
  const said = `seed ${String(seed)}:\n${cluster.log.join("\n")}`;
  assert.deepEqual(cluster.violations, [], said);
  const { evaluation } = await cluster.ask(await cluster.read());
  assert.deepEqual(evaluation.status.problems, [], said);
}

describe("operations on simulated hosts", function () {
  this.timeout(120_000);

  it(`repair every one of ${String(ROUNDS)} sequences of faults, and never take the majority`, async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const scene = drill(seed, 6);
      await heal(scene);
      await hold(seed, scene);
    }
  });

  it("unlock all managers after a power cut with one repair, whatever else is broken, and replace none of them", async () => {
    for (let seed = 1; seed <= ROUNDS / 10; seed++) {
      const scene = drill(seed, 0);
      const { cluster, random } = scene;
      const before = await cluster.read();
      for (const name of random.some(cluster.names, random.below(3))) {
        if (!name.startsWith("manager")) cluster.hurt(name, random.pick(["stop-engine", "off", "leave"]));
      }
      cluster.cutPower();
      const { settled } = await runQuietly(repair(cluster), { yes: true });
      assert.equal(settled, true, cluster.log.join("\n"));
      await hold(seed, scene);
      const after = await cluster.read();
      const identities = ({ desired }: typeof before): string[] =>
        desired.nodes.flatMap(({ role, identity }) => (role === "manager" ? [identity] : []));
      assert.deepEqual(identities(after), identities(before), cluster.log.join("\n"));
      assert.equal(cluster.log.filter((line) => line.startsWith("unlock ")).length, 1, cluster.log.join("\n"));
    }
  });

  it(`replace hosts in ${String(ROUNDS)} sequences with faults in between, and never take the majority`, async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const scene = drill(seed, 4);
      const { cluster, random, calm } = scene;
      await heal(scene);
      calm(3);
      const hosts = random.percent(50) ? cluster.names : random.some(cluster.names, 1 + random.below(3));
      await runQuietly(replace(cluster, { hosts, surge: false, force: false, given: [] }), { yes: true });
      await heal(scene);
      await hold(seed, scene);
    }
  });
});

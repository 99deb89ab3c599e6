import assert from "node:assert/strict";
import { evaluate } from "../../../cli/cluster/evaluate";
import { makeMissing } from "../../../cli/operations/make-missing";
import type { Outcome } from "../../../cli/operations/operation";
import type { RepairSeen, RepairTurn } from "../../../cli/operations/repair";
import { found, nodesOf } from "../cluster/support";
import { FakeCluster, runQuietly } from "./fake-cluster";

const HEALTHY = "Waiting until the cluster is healthy, 60 s: enough";

describe("npm start, on an unhealthy stack", () => {
  let cluster: FakeCluster;
  beforeEach(() => (cluster = new FakeCluster()));

  const run = (gone: string[], questions: string[] = []): Promise<Outcome<RepairSeen, RepairTurn>> => {
    cluster.gone = [...new Set([...cluster.gone, ...gone])];
    const { desired } = cluster.now();
    const evaluation = evaluate(desired, found(desired, nodesOf(desired, cluster.nodes), cluster.live));
    return runQuietly(makeMissing(cluster, { evaluation, gone }), { questions });
  };
  const lost = (...names: string[]): void => {
    cluster.nodes = Object.fromEntries(names.map((name) => [name, { state: "down" }]));
  };

  it("replaces all hosts that are gone in one step, and waits until the cluster is healthy", async () => {
    lost("worker-1", "worker-2");
    const { settled, observed, past } = await run(["worker-1", "worker-2"]);
    assert.deepEqual([settled, observed?.evaluation.status.healthy], [true, true]);
    assert.deepEqual(cluster.log, ["replace worker-1 worker-2", HEALTHY]);
    assert.match(past[0]?.step.title ?? "", /^Replacing worker-1 and worker-2 \(worker-1: its container is gone; /);
  });

  it("replaces each host by itself after a failure, for whose effect it doesn't wait", async () => {
    lost("worker-1", "worker-2");
    cluster.failing = { "replace worker-1 worker-2": "no capacity" };
    assert.equal((await run(["worker-1", "worker-2"])).settled, true);
    assert.deepEqual(cluster.log, [
      ...["replace worker-1 worker-2", "Waiting until the cluster is healthy, 0 s: time is up"],
      ...["replace worker-1", "Waiting until the cluster is healthy, 60 s: time is up", "replace worker-2", HEALTHY],
    ]);
  });

  it("leaves to repair what loses data, and what is there", async () => {
    lost("worker-1", "worker-2", "worker-3");
    cluster.gone = ["worker-2"];
    cluster.nodes["manager-1"] = { availability: "drain" };
    const { settled, past } = await run(["worker-1"]);
    assert.equal(settled, false);
    assert.deepEqual(
      past.map(({ step }) => step.key),
      ["replace worker-1"],
    );
  });

  it("asks no question about data that are gone already, of a host whose new container never started", async () => {
    lost("worker-1");
    const instances = await cluster.instances();
    cluster.instances = () =>
      Promise.resolve(instances.map((one) => ({ ...one, running: one.running && one.name !== "worker-1" })));
    const questions: string[] = [];
    assert.equal((await run(["worker-1"], questions)).settled, true);
    assert.deepEqual(questions, []);
  });

  it("does nothing where nothing is gone", async () => {
    lost("worker-1");
    assert.deepEqual((await run([])).past, []);
    assert.deepEqual(cluster.log, []);
  });
});

import assert from "node:assert/strict";
import { outstandingText } from "../../../cli/operations/cluster";
import { repair } from "../../../cli/operations/repair";
import { FakeCluster, reached, runQuietly } from "./fake-cluster";

const COME_BACK = "Waiting for hosts that may come back by themselves, 90 s";
const NOTICE = "Waiting until the cluster shows the effect, 45 s";
const HEALTHY = "Waiting until the cluster is healthy, 45 s";

describe("repair", () => {
  let cluster: FakeCluster;
  beforeEach(() => (cluster = new FakeCluster()));

  it("brings back what is there, looks twice, and does nothing to a healthy stack", async () => {
    const { settled, past, failures } = await runQuietly(repair(cluster));
    assert.deepEqual([settled, past, failures], [true, [], []]);
    assert.deepEqual(cluster.log, ["bring back", "ask", `${HEALTHY}: enough`]);
  });

  it("waits for hosts, replaces what is gone, and waits until the cluster is healthy", async () => {
    cluster.gone = ["worker-2"];
    cluster.nodes = { "worker-2": { state: "down" } };
    const { settled } = await runQuietly(repair(cluster));
    assert.equal(settled, true);
    assert.deepEqual(cluster.log, [
      ...["bring back", "ask", `${COME_BACK}: enough`, "ask"],
      ...["replace worker-2", `${NOTICE}: enough`, "ask", `${HEALTHY}: enough`],
    ]);
  });

  it("doesn't wait for a host that runs and was re-installed", async () => {
    cluster.reinstalled = ["worker-2"];
    cluster.nodes = { "worker-2": { state: "down" } };
    const { past } = await runQuietly(repair(cluster));
    assert.equal(past.length, 1);
    assert.ok(cluster.log.includes(`${COME_BACK}: enough`), cluster.log.join("\n"));
    assert.ok(cluster.log.includes("replace worker-2"), cluster.log.join("\n"));
  });

  it("doesn't wait for a host whose Docker engine is stopped", async () => {
    cluster.nodes = { "worker-1": { state: "down" } };
    cluster.hosts = { "worker-1": reached({ service: false, answers: false, state: "" }) };
    cluster.events = {
      "start worker-1": () => {
        cluster.nodes = {};
        cluster.hosts = {};
      },
    };
    assert.equal((await runQuietly(repair(cluster))).settled, true);
    assert.deepEqual(cluster.log.slice(0, 3), ["bring back", "ask", "start worker-1"]);
  });

  it("climbs on after a step that fails, and tells it only if the stack isn't healthy in the end", async () => {
    cluster.nodes = { "worker-1": { state: "down" } };
    cluster.hosts = { "worker-1": reached({ nodeId: "id-worker-1" }) };
    cluster.failing = { "restart worker-1": "sshd refused" };
    cluster.events = { "rejoin worker-1": () => (cluster.nodes = {}) };
    const { settled, failures, past } = await runQuietly(repair(cluster));
    assert.deepEqual([settled, failures], [true, ["worker-1: sshd refused"]]);
    assert.deepEqual(
      past.map(({ step: { key }, outcome }) => `${key} ${outcome}`),
      ["restart worker-1 failed", "rejoin worker-1 done"],
    );
    // After a failure there is nothing to wait for.
    assert.ok(cluster.log.includes(`${NOTICE}: enough`));
  });

  it("replaces nothing whose loss isn't accepted, not one by one either, and names the command that accepts it", async () => {
    cluster.nodes = { "worker-1": { state: "down" }, "worker-2": { state: "down" } };
    const declined = await runQuietly(repair(cluster, ["--json"]));
    assert.ok(!cluster.log.some((line) => line.startsWith("replace")), cluster.log.join("\n"));
    assert.equal(declined.settled, false);
    assert.match(
      declined.failures.join("\n"),
      /^worker-1 and worker-2 \(.*\): only a replacement is left, and it loses all volumes on worker-1 .* To accept that: npm run repair -- local --json --yes$/,
    );
    assert.equal(declined.plan.left.length, 2);

    const accepted = await runQuietly(repair(cluster), { yes: true });
    assert.equal(accepted.settled, true);
    assert.ok(cluster.log.includes("replace worker-1 worker-2"));
  });

  it("replaces each host by itself when all together fails", async () => {
    cluster.gone = ["worker-1", "worker-2"];
    cluster.nodes = { "worker-1": { state: "down" }, "worker-2": { state: "down" } };
    cluster.failing = { "replace worker-1 worker-2": "no capacity" };
    const { settled, failures } = await runQuietly(repair(cluster));
    assert.deepEqual([settled, failures], [true, ["worker-1 and worker-2: no capacity"]]);
    assert.deepEqual(
      cluster.log.filter((line) => line.startsWith("replace")),
      ["replace worker-1 worker-2", "replace worker-1", "replace worker-2"],
    );
  });

  it("waits again for hosts once there is a new bastion", async () => {
    cluster.gone = ["bastion"];
    cluster.live = { bastionError: "refused" };
    cluster.events = { "replace bastion": () => (cluster.live = {}) };
    assert.equal((await runQuietly(repair(cluster))).settled, true);
    const after = cluster.log.slice(cluster.log.indexOf("replace bastion") + 1);
    assert.deepEqual(after, ["ask", `${HEALTHY}: enough`]);
  });

  it("refuses without a majority", async () => {
    const down = { state: "down", reachability: "unreachable" };
    cluster.nodes = { "manager-1": down, "manager-2": down };
    const { settled, plan } = await runQuietly(repair(cluster), { yes: true });
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /Only 1 of 3 managers count/);
    assert.ok(!cluster.log.some((line) => line.startsWith("replace")));
  });

  it("counts among its failures what couldn't be brought back", async () => {
    cluster.broughtBack = { failures: ["worker-1: no such image"], setUp: "up failed" };
    assert.deepEqual((await runQuietly(repair(cluster))).failures, ["worker-1: no such image", "up failed"]);
  });

  it("gives up on a setting that doesn't take", async () => {
    cluster.nodes = { "worker-1": { availability: "drain" } };
    const { settled, plan } = await runQuietly(repair(cluster));
    assert.equal(settled, false);
    assert.deepEqual(plan.left, ["worker-1: wrong availability"]);
    assert.deepEqual(
      cluster.log.filter((line) => line.startsWith("settings")),
      ["settings id-worker-1"],
    );
  });

  it("plans in a dry run what it would do, and changes nothing", async () => {
    cluster.gone = ["worker-2"];
    cluster.nodes = { "worker-2": { state: "down" } };
    const { plan } = await runQuietly(repair(cluster), { dryRun: true });
    assert.deepEqual(
      plan.steps.map(({ title }) => title),
      ["Replacing worker-2 (its container is gone)"],
    );
    assert.deepEqual(cluster.log, ["ask", `${COME_BACK}: enough`, "ask"]);

    const text = "The container of worker-2 is stopped";
    const inspected = { differences: [{ hosts: ["worker-2"], text, kept: true }], unmanaged: ["local-mine"] };
    cluster.waiting = [...outstandingText({ ...inspected, emptied: ["local-registry"] })];
    assert.deepEqual(cluster.waiting, [
      "Bringing back: The container of worker-2 is stopped.",
      "The volume local-registry is lost, and is recreated empty: push your images to the registry again.",
      "Removing unmanaged containers: local-mine.",
    ]);
    const before = await runQuietly(repair(cluster), { dryRun: true });
    assert.deepEqual([before.preparation, before.plan.steps], [cluster.waiting, []]);
  });
});

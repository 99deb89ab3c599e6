import assert from "node:assert/strict";
import type { Outcome } from "../../../cli/operations/operation";
import { replace, type ReplaceSeen, type ReplaceStep } from "../../../cli/operations/replace";
import { readArguments } from "../../../cli/terminal/arguments";
import { FakeCluster, reached, runQuietly } from "./fake-cluster";

const FIRST = "Waiting until the cluster is healthy, 90 s";
const HEALTHY = "Waiting until the cluster is healthy, 180 s: enough";

describe("replace", () => {
  let cluster: FakeCluster;
  beforeEach(() => (cluster = new FakeCluster()));

  const run = (
    hosts: readonly string[],
    {
      surge = false,
      force = false,
      ...options
    }: Partial<Record<"surge" | "force" | "yes" | "dryRun", boolean>> & {
      questions?: string[];
      given?: string[];
    } = {},
  ): Promise<Outcome<ReplaceSeen, ReplaceStep>> => {
    const { given = [], ...rest } = options;
    return runQuietly(replace(cluster, { hosts, surge, force, given }), rest);
  };
  /** Has tasks on worker-1 without room elsewhere, and nothing to lose. */
  const crowd = (): void => {
    cluster.room = { "worker-1": ["the service fill (1 task): no room"] };
    cluster.hosts = { "worker-1": reached() };
  };
  const ups = (): string[] => cluster.log.filter((line) => line.startsWith("up"));

  it("waits, asks what it costs, replaces host by host, and waits after each", async () => {
    cluster.hosts = { "worker-1": reached(), "worker-2": reached() };
    const { settled } = await run(["worker-2", "manager-1", "worker-1"]);
    assert.equal(settled, true);
    assert.deepEqual(cluster.log, [
      ...["bring back", `${FIRST}: enough`, "facts of manager-1 worker-1 worker-2", "room for id-worker-1"],
      ...["room for id-worker-2", "up worker-1", HEALTHY, "up worker-2", HEALTHY, "up manager-1", HEALTHY],
    ]);
  });

  it("replaces hosts of load balancers after the others, one at a time", async () => {
    cluster.balancers = ["lb-1", "lb-2"];
    cluster.hosts = { "worker-1": reached() };
    assert.equal((await run(["lb-1", "worker-1", "lb-2"])).settled, true);
    assert.deepEqual(ups(), ["up worker-1", "up lb-1", "up lb-2"]);
  });

  it("goes by the stack as it is under the lock, not by the one of before", async () => {
    cluster.hosts = { "worker-1": reached(), "worker-2": reached() };
    cluster.events = { "bring back": () => void cluster.removed.push("worker-3") };
    const { settled } = await run(["worker-2", "worker-3"]);
    assert.deepEqual([settled, ups()], [true, ["up worker-2"]]);
  });

  it("stops at the first failure, and names the command for the rest", async () => {
    cluster.hosts = { "worker-1": reached(), "worker-2": reached() };
    cluster.failing = { "up worker-1": "no capacity" };
    const { settled, error } = await run(["worker-1", "worker-2"]);
    assert.equal(settled, false);
    assert.equal(
      error,
      "worker-1 could not be replaced. Fix that, then run: npm run replace -- local worker-1 worker-2\nno capacity",
    );
    assert.deepEqual(ups(), ["up worker-1"]);
  });

  it("replaces nothing while another host is unhealthy, before the first and between two", async () => {
    cluster.hosts = { "worker-1": reached(), "worker-2": reached() };
    cluster.events = { "up worker-1": () => (cluster.nodes = { "worker-3": { state: "down" } }) };
    const between = await run(["worker-1", "worker-2"]);
    assert.equal(between.settled, false);
    assert.match(
      between.plan.refused ?? "",
      /^Not replacing: the rest of the cluster is unhealthy\. Fix that, then run: npm run replace -- local worker-2\n {2}- worker-3/,
    );
    assert.deepEqual(ups(), ["up worker-1"]);

    const before = await run(["worker-1"]);
    assert.match(before.plan.refused ?? "", /npm run replace -- local worker-1\n/);
    assert.ok(cluster.log.includes(`${FIRST}: time is up`));
    assert.deepEqual(ups(), ["up worker-1"]);
  });

  it("leaves out a host that the stack has no more after an up, such as the spare worker of a killed run", async () => {
    cluster.hosts = { "worker-1": reached(), "worker-3": reached() };
    cluster.events = { "up worker-1": () => (cluster.removed = ["worker-3"]) };
    const { settled, plan } = await run(["worker-1", "worker-3"]);
    assert.deepEqual([settled, plan.refused], [true, undefined]);
    assert.deepEqual(ups(), ["up worker-1"]);
  });

  it("fails when all hosts are replaced and another one is unhealthy", async () => {
    cluster.hosts = { "worker-1": reached() };
    cluster.events = { "up worker-1": () => (cluster.nodes = { "worker-3": { state: "down" } }) };
    const { settled, plan } = await run(["worker-1"]);
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /^All hosts are replaced, but the rest of the cluster is unhealthy\.\n/);
  });

  it("replaces the bastion before it looks at the cluster, which is through it", async () => {
    cluster.hosts = { "worker-1": reached() };
    assert.equal((await run(["worker-1", "bastion"])).settled, true);
    assert.deepEqual(cluster.log.slice(0, 4), ["bring back", "up bastion", `${FIRST}: enough`, "facts of worker-1"]);
    assert.deepEqual(ups(), ["up bastion", "up worker-1"]);
    const { settled } = await run(["bastion"]);
    assert.equal(settled, true);
    assert.deepEqual(cluster.log.slice(-3), ["bring back", "up bastion", `${FIRST}: enough`]);
  });

  it("refuses where tasks have no room, with both ways on", async () => {
    crowd();
    const { settled, plan } = await run(["worker-1"]);
    assert.equal(settled, false);
    assert.equal(
      plan.refused,
      "Nothing was replaced: tasks of worker-1 have no room elsewhere.\n  - worker-1: the service fill (1 task): no room\n" +
        "To run their tasks on spare workers meanwhile: npm run replace -- local worker-1 --surge\n" +
        "To let these tasks wait until the host is back: npm run replace -- local worker-1 --force",
    );
    assert.deepEqual(ups(), []);
  });

  it("accepts the gap with --force, once, before the first host", async () => {
    crowd();
    cluster.hosts = { "worker-1": reached(), "worker-2": reached() };
    assert.equal((await run(["worker-1", "worker-2"], { force: true })).settled, true);
    assert.deepEqual(
      cluster.log.filter((line) => /^up|gaps/.test(line)),
      ["accept gaps of worker-1", "up worker-1", "up worker-2"],
    );
  });

  it("asks once for the data of all hosts, and replaces none against the answer", async () => {
    cluster.hosts = { "worker-1": reached({ volumes: ["precious"] }), "worker-2": reached({ volumes: ["db"] }) };
    const { settled, error } = await run(["worker-1", "worker-2"]);
    assert.equal(settled, false);
    assert.equal(
      error,
      "Nothing was replaced. Replacing worker-1 and worker-2 loses the volume precious on worker-1; the volume db on worker-2. " +
        "To accept that: npm run replace -- local worker-1 worker-2 --yes",
    );
    assert.deepEqual(ups(), []);
    const questions: string[] = [];
    assert.equal((await run(["worker-1", "worker-2"], { yes: true, questions })).settled, true);
    assert.deepEqual(ups(), ["up worker-1", "up worker-2"]);
    assert.deepEqual(questions, [
      "Replacing worker-1 and worker-2 loses the volume precious on worker-1; the volume db on worker-2",
    ]);
  });

  it("replaces no manager whose successor couldn't join, and doesn't look for room then", async () => {
    cluster.hosts = {
      "manager-1": reached(),
      "manager-3": reached({ reach: [{ to: "manager-1", port: 2377, outcome: "silent" }] }),
      "worker-1": reached(),
    };
    const { plan } = await run(["manager-3", "worker-1"], { yes: true });
    assert.match(
      plan.refused ?? "",
      /^Nothing was replaced: manager-3 can't reach manager-1 on 2377\/tcp \(no answer\)/,
    );
    assert.ok(!cluster.log.some((line) => line.startsWith("room")));
    assert.deepEqual(ups(), []);
  });

  it("suggests only command lines with all the flags that were given", async () => {
    const volume = reached({ volumes: ["db"] });
    const faults: Record<string, () => void> = {
      loss: () => (cluster.hosts = { "worker-1": volume }),
      failure: () => (cluster.failing = { "up worker-1": "no capacity" }),
      unhealthy: () => (cluster.nodes = { "worker-3": { state: "down" } }),
      "no room": crowd,
    };
    for (const [fault, cause] of Object.entries(faults)) {
      for (const flag of ["force", "surge", "yes", "json"] as const) {
        if (fault === "no room" && (flag === "force" || flag === "surge")) continue;
        cluster = new FakeCluster();
        cluster.hosts = { "worker-1": reached() };
        cause();
        const outcome = await run(["worker-1"], {
          ...(flag === "json" ? {} : { [flag]: true }),
          ...(fault === "failure" ? { yes: true } : {}),
          given: [`--${flag}`, "--json"],
        });
        const texts = [outcome.error, outcome.plan.refused].join("\n");
        const lines = [...texts.matchAll(/npm run replace -- (.*)/g)].map(([, line = ""]) => line.split(" "));
        if (fault !== "loss" || flag !== "yes") assert.notEqual(lines.length, 0, `${fault} ${flag}: ${texts}`);
        for (const line of lines) {
          const flags = ["all", "surge", "force", "yes", "dry-run", "json"] as const;
          const read = readArguments("", { flags, hosts: true }, line);
          assert.deepEqual(
            [read.hosts, read[flag], read.json],
            [["worker-1"], true, true],
            `${fault}: ${line.join(" ")}`,
          );
        }
      }
    }
  });

  describe("with --surge", () => {
    beforeEach(() => {
      crowd();
      cluster.events = { "lend labels of worker-1 to worker-4": () => (cluster.room = {}) };
    });

    it("replaces a crowded worker while a spare one has its tasks, and removes that", async () => {
      assert.equal((await run(["worker-1"], { surge: true })).settled, true);
      assert.deepEqual(cluster.log.slice(cluster.log.indexOf("room for id-worker-1") + 1), [
        ...["up with spare in a", "lend labels of worker-1 to worker-4", HEALTHY, "room for id-worker-1"],
        ...["up worker-1 with spare in a", HEALTHY, "up", HEALTHY],
      ]);
    });

    it("removes the spare worker when the replacement fails", async () => {
      cluster.failing = { "up worker-1 with spare in a": "no capacity" };
      const { settled, error, failures } = await run(["worker-1"], { surge: true });
      assert.deepEqual([settled, failures], [false, []]);
      assert.match(error ?? "", /^worker-1 could not be replaced\. Fix that, then run: .* worker-1\nno capacity$/);
      assert.deepEqual(ups(), ["up with spare in a", "up worker-1 with spare in a", "up"]);
    });

    it("reports a spare worker that can't be removed either", async () => {
      cluster.failing = { "up worker-1 with spare in a": "no capacity", up: "no bastion" };
      const { failures } = await run(["worker-1"], { surge: true });
      assert.deepEqual(failures, [
        "Removing the spare worker failed. The next up removes the spare worker if it is still there: " +
          "npm run pulumi -- up --stack local\nno bastion",
      ]);
    });

    it("replaces nothing where the spare worker is no room, or another host is unhealthy, and removes it", async () => {
      cluster.events = {};
      const full = await run(["worker-1"], { surge: true });
      assert.equal(
        full.plan.refused,
        "worker-1 was not replaced: its tasks have no room on the spare worker either. the service fill (1 task): no room",
      );
      assert.deepEqual(ups(), ["up with spare in a", "up"]);

      cluster.events = { "up with spare in a": () => (cluster.nodes = { "worker-3": { state: "down" } }) };
      const sick = await run(["worker-1"], { surge: true });
      assert.match(sick.plan.refused ?? "", /the rest of the cluster is unhealthy/);
      assert.deepEqual(ups().slice(2), ["up with spare in a", "up"]);
    });

    it("leaves the spare worker to the next up when it can't be added", async () => {
      cluster.failing = { "up with spare in a": "no capacity" };
      const { error } = await run(["worker-1"], { surge: true });
      assert.match(error ?? "", /^Adding a spare worker for worker-1 failed\. The next up removes the spare worker/);
      assert.deepEqual(ups(), ["up with spare in a"]);
    });
  });

  it("plans all steps in a dry run, and changes nothing", async () => {
    cluster.room = { "worker-1": ["no room"] };
    cluster.hosts = { "worker-1": reached({ volumes: ["db"] }), "worker-2": reached() };
    const { plan, settled } = await run(["worker-1", "worker-2", "manager-2"], { surge: true, dryRun: true });
    assert.deepEqual(
      plan.steps.map(({ title }) => title),
      [
        ...["Adding a spare worker for worker-1", "Replacing worker-1", "Removing the spare worker"],
        ...["Replacing worker-2", "Replacing manager-2"],
      ],
    );
    assert.deepEqual([plan.loses?.what, settled], ["the volume db on worker-1", false]);
    assert.deepEqual(ups(), []);
    assert.ok(!cluster.log.includes("bring back"));

    const first = await run(["bastion", "worker-1"], { dryRun: true });
    assert.deepEqual(
      first.plan.steps.map(({ title }) => title),
      ["Replacing bastion"],
    );
    assert.match(first.plan.later ?? "", /^worker-1 can be planned after the bastion is replaced/);
  });
});

import assert from "node:assert/strict";
import type { RaftPosition } from "../../../cli/cluster/raft";
import { recover } from "../../../cli/operations/recover";
import { FakeCluster, reached, runQuietly } from "./fake-cluster";

const log = (commit: number, term = 1): RaftPosition => ({
  ...{ log: "read", commit, last: commit, terms: [[1, term]], locked: false, nodeKey: "" },
});
const gone = { state: "down", reachability: "unreachable" };
const done = ({ past }: { past: readonly { step: { key: string }; outcome: string }[] }): string[] =>
  past.map(({ step, outcome }) => `${step.key} ${outcome}`);

describe("recover", () => {
  let cluster: FakeCluster;
  beforeEach(() => (cluster = new FakeCluster()));

  /** Managers 2 and 3 are gone for good; after the forced start, manager 1 is the only one with a vote. */
  function loseMajority(): void {
    cluster.gone = ["manager-3", "manager-2"];
    cluster.nodes = { "manager-3": gone, "manager-2": gone };
    cluster.hosts = {
      "manager-3": { reached: false, seen: "no route" },
      "manager-2": { reached: false, seen: "no route" },
      "manager-1": reached({ nodeId: "id-manager-1" }),
    };
    cluster.logs = { "manager-1": log(71) };
    const voteless = { state: "down", reachability: "" };
    cluster.events = {
      "force manager-1": () => (cluster.nodes = { "manager-2": voteless, "manager-3": voteless }),
    };
  }

  it("does nothing to a healthy stack", async () => {
    const { settled, past } = await runQuietly(recover(cluster, { older: false }), { yes: true });
    assert.deepEqual([settled, past], [true, []]);
  });

  it("refuses with a majority, and leaves the rest to repair", async () => {
    cluster.gone = ["manager-3"];
    cluster.nodes = { "manager-3": gone };
    const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true });
    assert.equal(outcome.settled, false);
    assert.match(outcome.plan.refused ?? "", /nothing to recover.*npm run repair -- local$/);
    assert.deepEqual(done(outcome), []);
  });

  it("forms a new cluster, then replaces the lost managers one at a time", async () => {
    loseMajority();
    const questions: string[] = [];
    const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true, questions });
    assert.equal(outcome.settled, true, JSON.stringify(outcome.plan));
    assert.deepEqual(done(outcome), ["force done", "replace manager-2 done", "replace manager-3 done"]);
    const [question = "", ...more] = questions;
    assert.deepEqual(more, []);
    assert.match(question, /from manager-1 .*Raft index 71.*this loses .*manager-2 and manager-3 must never come back/);
    // One survivor elects nobody.
    assert.ok(!cluster.log.some((line) => line.includes("election")));
  });

  describe("on hosts that exist already", () => {
    const otherKey = { reached: false, seen: "it shows another host key" } as const;
    beforeEach(() => {
      loseMajority();
      cluster.createsHosts = false;
      // Nobody lists which machines run: all of them count as running.
      cluster.gone = [];
    });

    it("forms a new cluster past machines that don't answer, says that they may run, and leaves them to a person", async () => {
      const questions: string[] = [];
      const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true, questions });
      assert.deepEqual(done(outcome), ["force done"], JSON.stringify(outcome.plan));
      assert.match(questions.join(), /manager-2 and manager-3 may be running now, .*power off each of them, for good/);
      assert.match(outcome.plan.left.join("\n"), /^manager-2: it doesn't answer by SSH.*\nmanager-3: /);
    });

    it("forms none while a manager shows another host key, and none is lost with it once that is trusted", async () => {
      const reach = ["manager-2", "manager-3"].map((to) => ({ to, port: 2377, outcome: "refused" as const }));
      cluster.hosts = { "manager-1": reached({ reach }), "manager-2": otherKey, "manager-3": otherKey };
      const refused = await runQuietly(recover(cluster, { older: false }), { yes: true });
      assert.deepEqual(done(refused), []);
      assert.match(
        refused.plan.refused ?? "",
        /^manager-2 and manager-3 show another SSH host key .*npm run trust-hosts -- local --renew, then npm run recover -- local/,
      );
      cluster.reinstalled = ["manager-2", "manager-3"];
      cluster.events["replace manager-3"] = () => (cluster.reinstalled = []);
      const questions: string[] = [];
      const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true, questions });
      assert.equal(outcome.settled, true, JSON.stringify(outcome.plan));
      assert.deepEqual(done(outcome), ["force done", "replace manager-2 done", "replace manager-3 done"]);
      assert.doesNotMatch(questions.join(), /manager-2|manager-3/);
    });
  });

  it("forces nothing that isn't accepted, and names the command that accepts it", async () => {
    loseMajority();
    const outcome = await runQuietly(recover(cluster, { older: false, given: ["--from manager-1", "--json"] }));
    assert.equal(outcome.settled, false);
    assert.ok(!cluster.log.some((line) => line.startsWith("force")));
    assert.match(outcome.failures.join(), /npm run recover -- local --from manager-1 --json --yes$/);
  });

  it("continues a first up that the loss has stopped, so that there is a stack to recover", async () => {
    loseMajority();
    cluster.unfinished = true;
    const planned = await runQuietly(recover(cluster, { older: false }), { dryRun: true });
    assert.match(planned.preparation.join(), /first up/);
    assert.ok(!cluster.log.includes("go on"));
    const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true });
    assert.equal(outcome.settled, true);
    assert.ok(cluster.log.indexOf("go on") < cluster.log.indexOf("force manager-1"));
  });

  it("starts what can be started first, and forces nothing if that brings the majority back", async () => {
    loseMajority();
    cluster.gone = ["manager-3"];
    cluster.hosts = { ...cluster.hosts, "manager-2": reached({ service: false, answers: false, state: "" }) };
    cluster.events = {
      "start manager-2": () => {
        cluster.nodes = { "manager-3": gone };
        cluster.hosts = {};
      },
    };
    const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true });
    assert.equal(outcome.settled, true, JSON.stringify(outcome.plan));
    assert.deepEqual(done(outcome), ["start manager-2 done", "replace manager-3 done"]);
  });

  it("waits for an election where there is more than one survivor, and lets the older one leave", async () => {
    loseMajority();
    cluster.hosts = { ...cluster.hosts, "manager-2": reached({ state: "error" }) };
    cluster.gone = ["manager-3"];
    cluster.logs = { "manager-2": log(70), "manager-1": log(71) };
    const from = await runQuietly(recover(cluster, { older: false, from: "manager-1" }), { yes: true, dryRun: true });
    assert.deepEqual(
      from.plan.steps.map(({ hosts }) => hosts),
      [["manager-1", "manager-2"]],
    );
    assert.match(from.plan.steps[0]?.title ?? "", /most recent survivor: manager-1 at Raft index 71, manager-2 at 70/);
    assert.ok(cluster.log.some((line) => line.includes("election")));
    assert.ok(!cluster.log.some((line) => line.startsWith("force")));
  });

  it("doesn't wait for managers whose certificates have expired, and lets all others leave", async () => {
    loseMajority();
    cluster.gone = [];
    const error = "certificate (1 - abc) not valid after Mon: x509: certificate has expired or is not yet valid";
    const managers = ["manager-1", "manager-2", "manager-3"];
    cluster.hosts = Object.fromEntries(managers.map((name) => [name, reached({ state: "error", error })]));
    cluster.logs = Object.fromEntries(managers.map((name, i) => [name, log(70 + i)]));
    const { plan } = await runQuietly(recover(cluster, { older: false }), { dryRun: true });
    assert.match(plan.steps[0]?.title ?? "", /from manager-3 \(the most recent survivor/);
    assert.deepEqual(plan.steps[0]?.hosts.toSorted(), managers);
    assert.ok(!cluster.log.some((line) => /election|come back/.test(line)), cluster.log.join("\n"));
  });

  it("forces nothing while a lost manager's instance runs", async () => {
    loseMajority();
    cluster.gone = ["manager-2"];
    const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true });
    assert.match(outcome.plan.refused ?? "", /^manager-3: not dead.*its instance runs.*power it off for good/);
    assert.deepEqual(done(outcome), []);
  });

  it("says that lost managers may be running where the platform can't tell", async () => {
    loseMajority();
    const blind = Object.assign(cluster, { instances: () => Promise.resolve(undefined) });
    const questions: string[] = [];
    await runQuietly(recover(blind, { older: false }), { questions });
    assert.match(questions.join(), /manager-2 and manager-3 may be running now, unreachable .*power off/);
  });

  it("says what is lost with data that can't be compared", async () => {
    loseMajority();
    cluster.hosts = { ...cluster.hosts, "manager-2": reached({ state: "error" }) };
    cluster.gone = ["manager-3"];
    cluster.logs = { "manager-1": log(120, 9), "manager-2": log(150, 4) };
    const questions: string[] = [];
    await runQuietly(recover(cluster, { older: false, from: "manager-1" }), { questions });
    assert.match(questions.join(), /from manager-1 \(at Raft index 120\).*loses all changes that only manager-2 has/);
  });

  it("ends when the forced start fails, and doesn't try another manager", async () => {
    loseMajority();
    cluster.failing = { "force manager-1": "its disk is full" };
    cluster.events = {};
    const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true });
    assert.equal(outcome.settled, false);
    assert.deepEqual(done(outcome), ["force failed"]);
    assert.match(outcome.failures.join(), /from manager-1: its disk is full/);
    assert.match(outcome.plan.refused ?? "", /still has no majority.*Run this again: npm run recover -- local$/);
  });

  it("goes on when only the leaving of another survivor failed", async () => {
    loseMajority();
    cluster.failing = { "force manager-1": "manager-2 has not left" };
    const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true });
    assert.deepEqual(done(outcome), ["force failed", "replace manager-2 done", "replace manager-3 done"]);
    assert.equal(outcome.settled, true);
  });

  it("says why no manager can be chosen", async () => {
    loseMajority();
    cluster.logs = { "manager-1": { log: "none", seen: "it has no Raft log" } };
    const outcome = await runQuietly(recover(cluster, { older: false }), { yes: true });
    assert.match(outcome.plan.refused ?? "", /nothing to recover it from/);
  });
});

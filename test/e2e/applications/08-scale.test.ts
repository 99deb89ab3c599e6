import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ManagerProbe, type ProbeReport } from "../../support/manager-api";
import { assertOneAtATime, ManagerSamples } from "../../support/manager-samples";
import { figure } from "../../support/run";
import { APPLICATIONS, HOSTS, useSharedStack } from "../../support/shared-stack";
import { WebService } from "../../support/web-service";

const NEW = ["worker-4", "worker-5", "worker-6"];
/** Seconds without an answer that an election explains (measured: 15 to 21 s). */
const ELECTION = 25;
/**
 * Seconds in which the load balancer may lead to members that are no managers yet, or no more: two checks, and one's
 * time limit. (HAProxy takes a new member for good until its first check has failed.)
 */
const HEALTH_WINDOW = 13;

const pool = (count: number) => ({
  workers: { worker: { count, labels: { "com.example.storage": "ssd" } } },
});

describe("managers and workers", function () {
  this.timeout(300_000);
  const stack = useSharedStack(APPLICATIONS);
  const web = new WebService(stack);

  /** An `up` to these numbers, during which the managers are asked and looked at. */
  const scale = async (managers: { from: number; to: number }, workers: number, what: string): Promise<ProbeReport> => {
    const { from, to } = managers;
    stack.configure({ managers: { count: to }, ...pool(workers) });
    const probe = new ManagerProbe(await stack.outputs(), 280);
    const samples = new ManagerSamples(stack);
    const { seconds } = await stack.pulumi("up", "--yes", "--skip-preview");
    figure(what, seconds);
    // The load balancer needs two checks, five seconds apart, to see that one is no manager any more.
    await stack.untilHealthy();
    const [seen, report] = [await samples.stop(), await probe.stop()];
    assertOneAtATime(seen, to > from);
    console.log(`        calls: ${report.calls}, with one retry ${report.retried}, failed ${report.failed.length}`);
    figure("longest time without an answer", report.longestOutage);
    return report;
  };
  const assertManagers = async (count: number): Promise<void> => {
    const nodes = (await stack.nodes()).filter((node) => node.ManagerStatus !== "");
    assert.deepEqual(
      nodes.map((node) => node.Hostname).sort(),
      Array.from({ length: count }, (_, i) => `manager-${i + 1}`),
    );
    assert.ok(
      nodes.every(({ Status, ManagerStatus }) => Status === "Ready" && ["Leader", "Reachable"].includes(ManagerStatus)),
    );
  };

  after(() => web.remove());

  it("workers are added while another one is dead, which stays as it is", async () => {
    const before = await stack.identities();
    await stack.kill("worker-2");
    stack.configure(pool(4));
    const { seconds, stdout } = await stack.upPast("worker-2");
    figure("pulumi up of worker-4 while worker-2 is dead", seconds);
    assert.doesNotMatch(stdout.slice(0, stdout.indexOf("Outputs:")), /worker-2/);
    const nodes = await stack.nodes();
    assert.equal(nodes.find((node) => node.Hostname === "worker-4")?.Status, "Ready");
    assert.equal((await stack.identities())["worker-2"], before["worker-2"]);
    await stack.revive("worker-2");
    await stack.untilHealthy();
  });

  it("workers are previewed as themselves, in the bastion's list and as members of the application load balancer alone", async () => {
    stack.configure(pool(5));
    const { stdout } = await stack.pulumi("preview", "--json");
    const { steps } = JSON.parse(stdout) as { steps: { op: string; urn: string }[] };
    const changed = steps.filter((step) => step.op !== "same" && !step.urn.includes("pulumi:pulumi:Stack"));
    const of = (op: string): string[] => changed.filter((step) => step.op === op).map(({ urn }) => urn);
    assert.deepEqual([...new Set(changed.map((step) => step.op))].sort(), ["create", "update"]);
    for (const urn of of("create")) assert.match(urn, /worker-5$/);
    assert.deepEqual(
      of("update")
        .map((urn) => urn.split("::").at(-1))
        .sort(),
      ["lb-app", "prepare-bastion"],
    );
  });

  it("are scaled up: managers one at a time, the API goes on answering, and new workers take tasks", async () => {
    const report = await scale({ from: 3, to: 5 }, 6, "pulumi up from 3 to 5 managers and from 4 to 6 workers");
    await assertManagers(5);
    assert.ok(report.longestOutage < HEALTH_WINDOW, report.failed.join("\n"));
    const managers = ["manager-4", "manager-5"];
    assert.deepEqual((await stack.nodes()).map((node) => node.Hostname).sort(), [...HOSTS, ...NEW, ...managers].sort());
    await web.load(...HOSTS.filter((host) => host.startsWith("worker-")), ...NEW);
    await web.create(6);
    await web.spread();
    const placement = await web.placement();
    assert.ok(
      NEW.some((worker) => placement.includes(worker)),
      placement.join(" "),
    );
  });

  it("are scaled down: the same, without a failed request to the service, with a client's one retry", async () => {
    const leader = (await stack.nodes()).find((node) => node.ManagerStatus === "Leader")?.Hostname ?? "";
    await web.startClient("worker-1", true);
    await sleep(3000);
    const what = "pulumi up from 5 to 3 managers and from 6 to 3 workers, drained";
    const { longestOutage, failed } = await scale({ from: 5, to: 3 }, 3, what);
    await sleep(3000);
    const client = await web.clientReport();
    console.log(
      `        requests: ${client.ok} at once, ${client.retried} with one retry, ${client.failed.length} failed`,
    );
    await assertManagers(3);
    assert.ok(longestOutage < (leader > "manager-3" ? ELECTION : HEALTH_WINDOW), failed.join("\n"));
    assert.deepEqual(client.failed, []);
    assert.ok(client.ok > 20, `only ${client.ok} requests`);
    assert.equal((await web.placement()).length, 6);
  });

  it("that were taken away are gone: node, container and volume", async () => {
    assert.deepEqual((await stack.nodes()).map((node) => node.Hostname).sort(), HOSTS);
    const left = (await stack.remains()).filter((what) =>
      [...NEW, "manager-4", "manager-5"].some((host) => what.includes(host)),
    );
    assert.deepEqual(left, []);
    await stack.untilHealthy();
  });
});

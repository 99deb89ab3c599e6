import assert from "node:assert/strict";
import { callsInARow } from "../../support/docker-context";
import { figure, until } from "../../support/run";
import { HOSTS, useSharedStack } from "../../support/shared-stack";
import { WebService } from "../../support/web-service";

const WORKERS = ["worker-1", "worker-2", "worker-3"];

describe("a service", function () {
  this.timeout(300_000);
  const stack = useSharedStack();
  const web = new WebService(stack);

  before(async () => {
    await web.load(...WORKERS);
    await web.create(6);
  });
  after(() => web.remove());

  it("is spread over the zones, on the workers of the pool that its constraint names", async () => {
    assert.deepEqual(
      await web.placement(),
      WORKERS.flatMap((worker) => [worker, worker]),
    );
  });

  it("answers by name to a container on its network", async () => {
    await web.startClient("worker-1");
    const answers = new Set<string>();
    for (let i = 0; i < 12; i++) answers.add(await web.ask());
    assert.ok(answers.size > 1, `only one replica ever answered: ${[...answers].join()}`);
  });

  it("has replicas that all reach each other", async () => {
    const tasks = await web.tasks(WORKERS);
    assert.equal(tasks.length, 6);
    const names = tasks.map((task) => task.container.slice(0, 12)).sort();
    const addresses = tasks.map((task) => task.address);
    // Hosts tell each other of new tasks by gossip; what is lost on a busy machine is made up for every 30 s.
    const seconds = await until("all replicas to reach each other", 60, async () => {
      for (const task of tasks) {
        assert.deepEqual(await web.askFrom(task, addresses), names, `asked from ${task.container} on ${task.host}`);
      }
      return undefined;
    });
    figure("all replicas reach each other after", seconds);
  });

  describe("when the leader's zone is lost at once", () => {
    let zone = "";
    let lost: string[] = [];
    let lostIds: string[] = [];
    let identities: Record<string, string> = {};

    it("has an API again when a new leader is elected, also through the load balancer", async () => {
      await stack.good("context", [stack.name], 60);
      const nodes = await stack.nodes();
      const leader = nodes.find((node) => node.ManagerStatus === "Leader")?.Hostname ?? "";
      zone = leader.slice(-1);
      lost = ["manager", "registry", "worker"].map((tier) => `${tier}-${zone}`);
      lostIds = nodes.filter((node) => lost.includes(node.Hostname)).map((node) => node.ID);
      identities = await stack.identities();
      // The client is to be in a zone that lives.
      await web.startClient(WORKERS.find((worker) => !lost.includes(worker)) ?? "");
      await stack.kill(...lost);
      const begun = Date.now();
      figure(
        "a manager lists the nodes after",
        await until("a new leader", 60, async () => ((await stack.nodes()).length > 0 ? undefined : "no nodes")),
      );
      await callsInARow(stack, 10, 60);
      figure("the load balancer leads to living managers only after", (Date.now() - begun) / 1000);
    });

    it("runs its tasks elsewhere, and answers", async () => {
      const seconds = await until("six tasks on the workers left", 120, async () => {
        const placement = await web.placement();
        const good = placement.length === 6 && !placement.some((worker) => lost.includes(worker));
        return good ? undefined : placement.join(" ");
      });
      figure("all replicas run elsewhere after", seconds);
      await web.ask();
    });

    it("is told by status, with exit code 1", async () => {
      const { code, status } = await stack.status();
      assert.equal(code, 1);
      assert.equal(status.healthy, false);
      for (const host of lost)
        assert.ok(
          status.problems.some((problem) => problem.includes(host)),
          `${host}: ${status.problems.join("\n")}`,
        );
    });

    it("gets its nine nodes back from repair, on new machines", async () => {
      await stack.lose(...lost);
      const { seconds, output } = await stack.good("repair", [stack.name]);
      figure("repair of a lost zone", seconds);
      const nodes = await stack.nodes();
      assert.deepEqual(nodes.map((node) => node.Hostname).sort(), HOSTS, output);
      assert.ok(nodes.every((node) => node.Status === "Ready"));
      assert.deepEqual(
        nodes.filter((node) => lostIds.includes(node.ID)),
        [],
      );
      const now = await stack.identities();
      for (const host of HOSTS) assert.equal(now[host] !== identities[host], lost.includes(host), host);
      const { code, status } = await stack.status();
      assert.equal(code, 0, status.problems.join("\n"));
      await web.ask();
    });
  });
});

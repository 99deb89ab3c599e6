import assert from "node:assert/strict";
import { figure, until } from "../../support/run";
import { APPLICATIONS, useSharedStack } from "../../support/shared-stack";
import { WebService } from "../../support/web-service";

const WORKERS = ["worker-1", "worker-2", "worker-3"];

describe("a service", function () {
  this.timeout(300_000);
  const stack = useSharedStack(APPLICATIONS);
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
    // Hosts tell each other of new tasks by gossip; what is lost on a busy workstation is made up for every 30 s.
    const seconds = await until("all replicas to reach each other", 60, async () => {
      for (const task of tasks) {
        assert.deepEqual(await web.askFrom(task, addresses), names, `asked from ${task.container} on ${task.host}`);
      }
      return undefined;
    });
    figure("all replicas reach each other after", seconds);
  });
});

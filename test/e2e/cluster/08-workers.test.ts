import assert from "node:assert/strict";
import { figure } from "../../support/run";
import { HOSTS, useSharedStack } from "../../support/shared-stack";
import { WebService } from "../../support/web-service";

const NEW = ["worker-4", "worker-5", "worker-6"];
const pool = (count: number) => ({
  workers: { worker: { count, labels: { "com.example.storage": "ssd" } } },
});

describe("workers", function () {
  this.timeout(300_000);
  const stack = useSharedStack();
  const web = new WebService(stack);
  const up = async (count: number, what: string): Promise<void> => {
    stack.configure(pool(count));
    const { seconds } = await stack.pulumi("up", "--yes", "--skip-preview");
    figure(what, seconds);
  };

  after(() => web.remove());

  it("are added while another one is dead, which stays as it is", async () => {
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

  it("are previewed as themselves, in the bastion's list and as members of the application load balancer alone", async () => {
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

  it("are scaled up, and take tasks", async () => {
    await up(6, "pulumi up from 4 to 6 workers");
    const workers = HOSTS.filter((host) => host.startsWith("worker-")).concat(NEW);
    assert.deepEqual((await stack.nodes()).map((node) => node.Hostname).sort(), [...HOSTS, ...NEW].sort());
    await web.load(...workers);
    await web.create(6);
    await web.spread();
    const placement = await web.placement();
    assert.ok(
      NEW.some((worker) => placement.includes(worker)),
      placement.join(" "),
    );
  });

  it("are scaled down without a failed request to the service, with a client's one retry", async () => {
    await web.startClient("worker-1", true);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await up(3, "pulumi up from 6 to 3 workers, drained");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const { ok, retried, failed } = await web.clientReport();
    console.log(`        requests: ${ok} at once, ${retried} with one retry, ${failed.length} failed`);
    assert.deepEqual(failed, []);
    assert.ok(ok > 20, `only ${ok} requests`);
    assert.equal((await web.placement()).length, 6);
  });

  it("that were taken away are gone: node, container and volume", async () => {
    assert.deepEqual((await stack.nodes()).map((node) => node.Hostname).sort(), HOSTS);
    const left = (await stack.remains()).filter((what) => NEW.some((worker) => what.includes(worker)));
    assert.deepEqual(left, []);
    await stack.untilHealthy();
  });
});

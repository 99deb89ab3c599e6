import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationReport } from "../../../cli/operations/report";
import { Hello } from "../../support/hello";
import { Load } from "../../support/load";
import { figure, until } from "../../support/run";
import { APPLICATIONS, useSharedStack } from "../../support/shared-stack";

const WORKERS = ["worker-1", "worker-2", "worker-3"];
/** A service whose data would stay behind. */
const DATA = "test-data";

describe("services after a worker has come back", function () {
  this.timeout(300_000);
  const stack = useSharedStack(APPLICATIONS);
  let hello: Hello | undefined;
  const docker = (...args: string[]): Promise<string> => stack.onManager(["docker", ...args], 60);
  const example = (): Hello => {
    assert.ok(hello, "no example");
    return hello;
  };
  /** Names of tasks that run, with their ids: those of one that stays don't change. */
  const tasks = async (service: string): Promise<string[]> => {
    const args = ["--filter", "desired-state=running", "--format", "{{.ID}} {{.Node}}"];
    return (await docker("service", "ps", ...args, service)).trim().split("\n").sort();
  };
  const rebalance = async (...args: string[]): Promise<OperationReport> => {
    const { stdout, code, output, seconds } = await stack.tool("rebalance", [stack.name, ...args, "--json"], 120);
    assert.equal(code, 0, output);
    figure(`rebalance ${args.join(" ")}`.trim(), seconds);
    return JSON.parse(stdout) as OperationReport;
  };

  /** Lets a worker's tasks go, and it come back: it stays empty. */
  const leaveAndReturn = async (worker: string, meanwhile?: () => Promise<unknown>): Promise<void> => {
    await docker("node", "update", "--availability", "drain", worker);
    await until(`${worker} to be drained`, 60, async () => {
      const nodes = await example().nodes();
      return nodes.length === 3 && !nodes.includes(worker) ? undefined : nodes.join(" ");
    });
    await meanwhile?.();
    await docker("node", "update", "--availability", "active", worker);
    await stack.untilHealthy();
  };

  before(async () => {
    hello = new Hello(stack, await stack.outputs());
    await hello.deploy();
    const format = "{{.Spec.TaskTemplate.ContainerSpec.Image}}";
    const image = (await docker("service", "inspect", "swarm-ha-ingress_traefik", "--format", format)).trim();
    const mount = ["--mount", "type=volume,source=precious,target=/data"];
    const workers = ["--constraint", "node.labels.swarm-ha.role==worker"];
    const how = ["--quiet", "--no-resolve-image", "--replicas", "3", "--name", DATA];
    await leaveAndReturn("worker-3", () => docker("service", "create", ...how, ...mount, ...workers, image));
  });
  after(async () => {
    stack.configure();
    await docker("node", "update", "--availability", "active", "worker-3");
    await docker("service", "rm", DATA).catch(() => undefined);
    await hello?.remove();
    await stack.untilHealthy();
  });

  it("are what a dry run names: what would move, and what stays because of its data", async () => {
    const before = await tasks("hello_web");
    const { steps, left, settled } = await rebalance("--dry-run");
    assert.equal(settled, false);
    assert.equal(steps.length, 1);
    assert.match(steps[0]?.title ?? "", /hello_web: worker-[12] 2 → 1, worker-3 0 → 1/);
    assert.match(left.join("\n"), /test-data .*precious/);
    assert.deepEqual(await tasks("hello_web"), before);
  });

  it("get their share moved, and not all of their tasks, without a failed request, and then there is nothing to do", async () => {
    const [before, data] = [await tasks("hello_web"), await tasks(DATA)];
    const begun = Date.now();
    const load = new Load(async () => {
      await example().ask();
    });
    const { done, settled } = await rebalance();
    await sleep(2000);
    await load.stop();
    const { requests, failed } = load.report(begun);
    console.log(`        ${failed.length} of ${requests} requests failed`);
    assert.deepEqual(failed, []);
    assert.equal(settled, true);
    assert.equal(done.length, 1);
    assert.deepEqual(await example().nodes(), WORKERS);
    const now = await tasks("hello_web");
    // With spread preferences, of two tasks on a node the swarm may take away either one.
    assert.ok(
      now.some((task) => before.includes(task)),
      now.join(" "),
    );
    assert.deepEqual(await tasks(DATA), data);
    const labels = await docker("service", "inspect", "hello_web", "--format", "{{json .Spec.Labels}}");
    assert.doesNotMatch(labels, /swarm-ha\.rebalance/);

    const again = await rebalance();
    assert.deepEqual([again.settled, again.done], [true, []]);
  });

  it("get their share at the end of an up, where the configuration says so", async () => {
    await leaveAndReturn("worker-2");
    stack.configure({ rebalance: true });
    const { stderr } = await stack.pulumi("up", "--yes", "--skip-preview");
    assert.match(stderr, /moved hello_web: .*worker-2 0 → 1/);
    assert.deepEqual(await example().nodes(), WORKERS);
    const quiet = await stack.pulumi("up", "--yes", "--skip-preview");
    assert.doesNotMatch(quiet.stderr, /moved|spread/);
  });
});

import assert from "node:assert/strict";
import { evaluate } from "../../../cli/cluster/evaluate";
import { pinnedTo, readTasks } from "../../../cli/cluster/tasks";
import { found, nodesOf, NOW, wanted } from "./support";

const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();
const pending = { State: "pending", Err: "no suitable node (scheduling constraints not satisfied on 9 nodes)" };

function swarm(tasks: readonly object[], constraints: string[] | null = ["node.labels.disk==ssd"]) {
  const services = [
    { ID: "s1", Spec: { Name: "db", TaskTemplate: { Placement: { Constraints: constraints } } } },
    { ID: "s2", Spec: { Name: "web", TaskTemplate: {} } },
  ];
  return readTasks((_, path) => Promise.resolve(path === "/services" ? services : tasks));
}

async function problems(...tasks: object[]): Promise<string[]> {
  const desired = wanted();
  const live = found(desired, nodesOf(desired), { tasks: await swarm(tasks) });
  return evaluate(desired, live).status.problems;
}

describe("services that can't be placed", () => {
  it("are problems, with the scheduler's reason, the constraints and the command that shows more", async () => {
    const [text, ...more] = await problems(
      { ServiceID: "s1", CreatedAt: ago(90), Status: pending },
      { ServiceID: "s1", CreatedAt: ago(30), Status: pending },
    );
    assert.deepEqual(more, []);
    assert.match(
      text ?? "",
      /^2 tasks of the service db can't be placed since .* \(90 s ago\): no suitable node \(scheduling/,
    );
    assert.match(text ?? "", /node\.labels\.disk==ssd\. .*docker --context swarm-ha-local service ps --no-trunc db$/);
  });

  it("are none while the scheduler is at it, and when tasks have a node", async () => {
    assert.deepEqual(
      await problems(
        { ServiceID: "s1", CreatedAt: ago(5), Status: pending },
        { ServiceID: "s2", CreatedAt: ago(90), NodeID: "id-worker-1", Status: { State: "running" } },
        { ServiceID: "s2", CreatedAt: ago(90), NodeID: "id-worker-1", Status: { State: "pending", Err: "x" } },
        { ServiceID: "s2", CreatedAt: ago(90), Status: { State: "new" } },
      ),
      [],
    );
  });
});

describe("pinnedTo", () => {
  it("finds services that only this very node may run", async () => {
    for (const constraint of ["node.id==id-worker-1", " node.id == ID-worker-1 "]) {
      assert.deepEqual(pinnedTo("id-worker-1", await swarm([], [constraint])), ["db"]);
    }
    for (const constraint of ["node.id!=id-worker-1", "node.id==id-worker-10", "node.hostname==worker-1"]) {
      assert.deepEqual(pinnedTo("id-worker-1", await swarm([], [constraint])), [], constraint);
    }
    assert.deepEqual(pinnedTo("id-worker-1", await swarm([], null)), []);
  });
});

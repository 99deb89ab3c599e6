import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { slotsFor, withSlots } from "../../../tools/engine/slots";

const file = (workers: number): { readonly text: string } => ({
  text: `config:\n  swarm-ha:platform: local\n  swarm-ha:workers: { worker: { count: ${workers} } }\n`,
});

describe("parallel steps", () => {
  it("are as many as the largest pool and a few more, where Pulumi's own number is less", () => {
    const pool = (count: number) => ({
      registry: { replicas: 3 },
      workers: { web: { count, labels: {} }, batch: { count: 2, labels: {} } },
    });
    assert.equal(slotsFor(pool(4), 2), undefined);
    assert.equal(slotsFor(pool(5), 2), 9);
    assert.equal(slotsFor(pool(50), 2), 54);
    assert.equal(slotsFor(pool(50), 16), undefined);
  });

  it("are asked for where hosts may go, and only where nobody has said a number", () => {
    const many = 4 * availableParallelism() + 1;
    const slots = ["--parallel", String(many + 4)];
    assert.deepEqual(withSlots("local", file(many), ["up", "--yes"]), ["up", "--yes", ...slots]);
    assert.deepEqual(withSlots("local", file(many), ["preview"]), ["preview"]);
    assert.deepEqual(withSlots("local", file(many), ["up", "--parallel=3"]), ["up", "--parallel=3"]);
    assert.deepEqual(withSlots("local", file(many), ["up", "-p", "3"]), ["up", "-p", "3"]);
    assert.deepEqual(withSlots("local", file(1), ["up"]), ["up"]);
    assert.deepEqual(withSlots("local", { text: "config: {}" }, ["up"]), ["up"]);
  });
});

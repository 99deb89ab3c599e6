import assert from "node:assert/strict";
import { slotsFor, withSlots } from "../../../cli/pulumi/slots";

const file = (workers: number): { readonly text: string } => ({
  text: `config:\n  swarm-ha:platform: local\n  swarm-ha:workers: { worker: { count: ${workers} } }\n`,
});

describe("parallel steps", () => {
  it("are as many as the largest pool and a few more, and never fewer than without it", () => {
    const pool = (count: number, platform: "local" | "aws") => ({
      platform,
      registry: { replicas: 3 },
      workers: { web: { count, labels: {} }, batch: { count: 2, labels: {} } },
    });
    assert.equal(slotsFor(pool(5, "local"), 2), 32);
    assert.equal(slotsFor(pool(50, "local"), 2), 54);
    assert.equal(slotsFor(pool(4, "aws"), 2), 8);
    assert.equal(slotsFor(pool(5, "aws"), 2), 9);
    assert.equal(slotsFor(pool(50, "aws"), 16), 64);
  });

  it("are asked for where hosts may go, and only where nobody has said a number", () => {
    const slots = (workers: number, args: readonly string[], base: NodeJS.ProcessEnv = {}): string | undefined =>
      withSlots("local", file(workers), args, base)["PULUMI_PARALLEL"];
    assert.equal(slots(50, ["up", "--yes"]), "54");
    assert.equal(slots(5, ["up", "--yes"]), "32");
    assert.equal(slots(50, ["preview"]), undefined);
    assert.equal(slots(50, ["up"], { PULUMI_PARALLEL: "3" }), "3");
    assert.deepEqual(withSlots("local", { text: "config: {}" }, ["up"], { HOME: "/" }), { HOME: "/" });
  });
});

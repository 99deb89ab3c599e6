import assert from "node:assert/strict";
import { rebalanceAfter, type RebalanceParts } from "../../../cli/operations/rebalance-after";
import { UserError } from "../../../cli/terminal/errors";

type Ended = Awaited<ReturnType<RebalanceParts["run"]>>;

const QUIET = {
  info: () => undefined,
  step: <T>(_what: string, _usually: string, work: (note: () => void) => T) => work(() => undefined),
};
const MOVED: Ended = {
  ...{ settled: true, preparation: [], failures: [], plan: { steps: [], left: [] } },
  past: [{ outcome: "done", step: { move: "web: worker-1 2 → 1" } as Ended["past"][number]["step"] }],
};

/** What people read after a good `up`, and how often a rebalance ran. */
async function after(change: Partial<RebalanceParts>): Promise<{ told: string; warned: string; runs: number }> {
  let [told, warned, runs] = ["", "", 0];
  const parts: RebalanceParts = {
    wanted: () => true,
    held: () => Promise.resolve(undefined),
    run: () => Promise.resolve(MOVED),
    warn: (text) => (warned += text),
    ...change,
  };
  const counted: RebalanceParts = {
    ...parts,
    run(stack, progress) {
      runs += 1;
      return parts.run(stack, progress);
    },
  };
  await rebalanceAfter("prod", "The up is done.", QUIET, (text) => (told += text), counted);
  return { told, warned, runs };
}

describe("the rebalance after an up", () => {
  it("runs only where the configuration asks for it, and tells what it moved", async () => {
    assert.deepEqual(await after({ wanted: () => false }), { told: "", warned: "", runs: 0 });
    const { told, warned, runs } = await after({});
    assert.deepEqual([warned, runs], ["", 1]);
    assert.match(told, /moved web: worker-1 2 → 1/);
    assert.deepEqual(await after({ run: () => Promise.resolve({ ...MOVED, past: [] }) }), {
      ...{ told: "", warned: "", runs: 1 },
    });
  });

  it("turns no good run into a failure: what it doesn't reach is a warning that names the command", async () => {
    const uneven = {
      ...MOVED,
      settled: false,
      plan: { steps: [], left: [], refused: "web is still uneven after 5 moves" },
    };
    const failed = { ...MOVED, settled: false, error: "web could not be moved" };
    for (const [run, reason] of [
      [() => Promise.resolve(uneven), "web is still uneven after 5 moves"],
      [() => Promise.resolve(failed), "web could not be moved"],
      [() => Promise.reject(new UserError("Another operation runs")), "Another operation runs"],
      [() => Promise.reject(new Error("no manager answered")), "no manager answered"],
    ] as const) {
      const { told, warned } = await after({ run });
      assert.equal(told, "");
      assert.ok(warned.startsWith(`The up is done. The rebalance is not: ${reason}`), warned);
      assert.match(warned, /npm run rebalance -- prod$/);
    }
    const { warned, runs } = await after({ held: () => Promise.reject(new Error("the lock can't be read")) });
    assert.equal(runs, 0);
    assert.match(warned, /The rebalance is not: the lock can't be read/);
  });

  it("moves nothing while another operation runs", async () => {
    const held = "Another operation runs on the stack prod: replace, by ann@laptop.";
    const { told, warned, runs } = await after({ held: () => Promise.resolve(held) });
    assert.deepEqual([told, runs], ["", 0]);
    assert.match(warned, /^The up is done\. The rebalance was left out\. Another operation .*replace, by ann@laptop\./);
    assert.match(warned, /npm run rebalance -- prod$/);
  });
});

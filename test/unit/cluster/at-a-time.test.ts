import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { atATime } from "../../../cli/cluster/at-a-time";

describe("work for each of a list", () => {
  it("is done no more than so many at a time, each once, with the results in the list's order", async () => {
    const seen: number[] = [];
    let [running, most] = [0, 0];
    const results = await atATime([5, 1, 4, 2, 3, 0], 2, async (one) => {
      most = Math.max(most, ++running);
      await sleep(one * 3);
      running--;
      seen.push(one);
      return `${String(one)}!`;
    });
    assert.deepEqual(results, ["5!", "1!", "4!", "2!", "3!", "0!"]);
    assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4, 5]);
    assert.equal(most, 2);
  });

  it("is none for none, and fails with the first failure", async () => {
    assert.deepEqual(await atATime([], 3, () => Promise.reject(new Error("not asked"))), []);
    await assert.rejects(
      atATime([1, 2], 1, (one) => Promise.reject(new Error(`failed at ${String(one)}`))),
      /failed at 1/,
    );
  });
});

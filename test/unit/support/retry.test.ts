import assert from "node:assert/strict";
import { retry } from "../../../components/retry";

describe("retry", () => {
  /** Fails this often. */
  const failing = (times: number) => {
    let tries = 0;
    return (): Promise<number> =>
      ++tries > times ? Promise.resolve(tries) : Promise.reject(new Error(`manager-1: try ${tries}`));
  };

  it("returns the first success", async () => {
    assert.equal(await retry(failing(2), { limit: 5, pause: 0.001 }), 3);
  });

  it("throws the last error when the time is up", async () => {
    await assert.rejects(retry(failing(Infinity), { limit: 0.05, pause: 0.02 }), /manager-1: try [2-9]/);
    await assert.rejects(retry(failing(1), { limit: 0 }), /try 1/);
  });

  it("doesn't try again where that can't help", async () => {
    await assert.rejects(retry(failing(1), { limit: 5, when: () => false }), /try 1/);
  });
});

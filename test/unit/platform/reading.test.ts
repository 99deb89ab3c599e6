import assert from "node:assert/strict";
import { reading, type Seen } from "../../../components/platform/local/provider/reading";

const read = (seen: Promise<Seen<{ a: number }>>, told: string[] = []) =>
  reading<{ a: number }>(
    () => seen,
    (text) => told.push(text),
  )("id", { a: 1 });

describe("reads of resources", () => {
  it("take what is there, and give up what is gone", async () => {
    assert.deepEqual(await read(Promise.resolve({ kind: "there", state: { a: 2 } })), { id: "id", props: { a: 2 } });
    assert.deepEqual(await read(Promise.resolve({ kind: "gone" })), { id: "" });
  });

  it("leave the state as it is where nobody answers, and name who didn't", async () => {
    const told: string[] = [];
    const seen = { kind: "unknown", who: "registry-1", why: "its container is paused" } as const;
    assert.deepEqual(await read(Promise.resolve(seen), told), { id: "id", props: { a: 1 } });
    assert.deepEqual(told, [
      "registry-1 was not asked: its container is paused. What the state has of it is unchanged.",
    ]);
  });

  it("fail when this workstation's own Docker engine can't be asked, with the remedy", async () => {
    await assert.rejects(read(Promise.reject(new Error("connect ENOENT /var/run/docker.sock"))), /npm start/);
  });
});

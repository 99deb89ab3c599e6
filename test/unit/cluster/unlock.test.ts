import assert from "node:assert/strict";
import type { DockerCall } from "../../../cli/cluster/docker-api";
import { knownKeys, unlockWith } from "../../../cli/cluster/unlock";

const REPAIR = "npm run repair -- local";
const LOCKED = "HTTP 503: Swarm is encrypted and needs to be unlocked before it can be used.";
const WRONG = "HTTP 401: swarm could not be unlocked: invalid key provided";

/** A locked manager. */
class Locked {
  public readonly tried: string[] = [];
  public state: "locked" | "pending" | "active" = "locked";
  /** @param fits its key @param alone whether it waits for others, and its answer comes too late */
  public constructor(
    public readonly name: string,
    private readonly fits: string,
    private readonly alone = false,
  ) {}

  public readonly call: DockerCall = (method, path, body) => {
    if (method === "GET" && path === "/nodes") {
      if (this.state === "locked") return Promise.reject(new Error(LOCKED));
      if (this.state === "pending") return Promise.reject(new Error("HTTP 503: The swarm does not have a leader."));
      return Promise.resolve([]);
    }
    assert.equal(`${method} ${path}`, "POST /swarm/unlock");
    const { UnlockKey } = body as { UnlockKey: string };
    this.tried.push(UnlockKey);
    if (UnlockKey !== this.fits) return Promise.reject(new Error(WRONG));
    this.state = this.alone ? "pending" : "active";
    return this.alone ? Promise.reject(new Error("no answer in 5 s")) : Promise.resolve(undefined);
  };
}

const pause = (): Promise<void> => Promise.resolve();

describe("the unlock of managers", () => {
  it("takes the first key that fits each of them, also where a manager waits for the others", async () => {
    const one = new Locked("manager-1", "old", true);
    const two = new Locked("manager-2", "new", true);
    await unlockWith([one, two], ["new", "old"], REPAIR, pause);
    assert.deepEqual([one.tried, two.tried], [["new", "old"], ["new"]]);
    assert.deepEqual([one.state, two.state], ["pending", "pending"]);
  });

  it("names those that no key fits, with how to give another one, and shows no key", async () => {
    const one = new Locked("manager-1", "the right key");
    const two = new Locked("manager-2", "a wrong key");
    await assert.rejects(unlockWith([one, two], ["a wrong key"], REPAIR, pause), (error: Error) => {
      assert.match(
        error.message,
        /^manager-1: no known key fits\. If you have the key: read -rs SWARM_HA_UNLOCK_KEY; export/,
      );
      assert.ok(error.message.endsWith(REPAIR) && !error.message.includes("a wrong key"));
      return true;
    });
    assert.equal(two.state, "active");
  });

  it("has a limit for a manager that doesn't take the right key", async () => {
    const call: DockerCall = (method) =>
      method === "POST" ? Promise.resolve(undefined) : Promise.reject(new Error(LOCKED));
    await assert.rejects(unlockWith([{ name: "manager-1", call }], ["key"], REPAIR, pause), /still locked after 20 s/);
  });

  it("asks nobody without a key", async () => {
    const one = new Locked("manager-1", "key");
    await assert.rejects(unlockWith([one], [], REPAIR, pause), /no other manager gives the unlock key/);
    assert.deepEqual(one.tried, []);
  });
});

describe("the unlock keys that are known", () => {
  const state = (stdout: string) => ({
    deployment: { resources: [{ urn: "urn::swarm-settings", type: "command:remote:Command", outputs: { stdout } }] },
  });
  const printed = state('{"certificateExpiry":720,"autolock":true,"unlockKey":"SWMKEY-1-state"}');
  const outputs = (unlockKey?: string) => ({ unlockKey }) as Parameters<typeof knownKeys>[0]["outputs"];

  it("are the environment's, the state's and the outputs', each once", () => {
    const all = { deployment: printed, outputs: outputs("SWMKEY-1-older") };
    assert.deepEqual(knownKeys(all, { SWARM_HA_UNLOCK_KEY: " SWMKEY-1-mine\n" }), [
      "SWMKEY-1-mine",
      "SWMKEY-1-state",
      "SWMKEY-1-older",
    ]);
    assert.deepEqual(knownKeys({ ...all, outputs: outputs("SWMKEY-1-state") }, {}), ["SWMKEY-1-state"]);
  });

  it("are none where autolock isn't configured, or the last up couldn't read it", () => {
    const none = { deployment: state('{"certificateExpiry":720}'), outputs: outputs("unknown") };
    assert.deepEqual(knownKeys(none, { SWARM_HA_UNLOCK_KEY: "" }), []);
  });
});

import assert from "node:assert/strict";
import type { DockerCall } from "../../../cli/cluster/docker-api";
import { knownKeys, takeKey, unlockWith } from "../../../cli/cluster/unlock";

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

/** A clock that only pauses move, and what else a test adds to it. */
const clock = () => {
  const time = {
    passed: 0,
    now: (): number => time.passed,
    pause: (milliseconds: number): Promise<void> => Promise.resolve(void (time.passed += milliseconds)),
  };
  return time;
};

describe("the unlock of managers", () => {
  it("takes the first key that fits each of them, also where a manager waits for the others", async () => {
    const one = new Locked("manager-1", "old", true);
    const two = new Locked("manager-2", "new", true);
    await unlockWith([one, two], ["new", "old"], REPAIR, clock());
    assert.deepEqual([one.tried, two.tried], [["new", "old"], ["new"]]);
    assert.deepEqual([one.state, two.state], ["pending", "pending"]);
  });

  it("names those that no key fits, with how to give another one, and shows no key", async () => {
    const one = new Locked("manager-1", "the right key");
    const two = new Locked("manager-2", "a wrong key");
    await assert.rejects(unlockWith([one, two], ["a wrong key"], REPAIR, clock()), (error: Error) => {
      assert.match(
        error.message,
        /^manager-1: no known key fits\. If you have the key: read -rs SWARM_HA_UNLOCK_KEY; export/,
      );
      assert.ok(error.message.endsWith(REPAIR) && !error.message.includes("a wrong key"));
      return true;
    });
    assert.equal(two.state, "active");
  });

  it("has a limit for a manager that doesn't take the right key, by the clock", async () => {
    const time = clock();
    const call: DockerCall = (method) => {
      // Each answer takes 5 s.
      time.passed += 5000;
      return method === "POST" ? Promise.resolve(undefined) : Promise.reject(new Error(LOCKED));
    };
    await assert.rejects(unlockWith([{ name: "manager-1", call }], ["key"], REPAIR, time), /still locked after 20 s/);
    assert.ok(time.passed <= 35_000, String(time.passed));
  });

  it("goes on looking while a manager gives no answer, and doesn't take that for an unlocked one", async () => {
    const one = new Locked("manager-1", "key");
    let looks = 0;
    const call: DockerCall = (method, path, body) =>
      method === "GET" && ++looks < 4 ? Promise.reject(new Error("no answer in 5 s")) : one.call(method, path, body);
    await unlockWith([{ name: "manager-1", call }], ["key"], REPAIR, clock());
    assert.equal(looks, 4);
  });

  it("tries the next key where no answer tells whether the first one fits, and says what was seen last", async () => {
    const keys: string[] = [];
    const answers = ["no answer in 5 s", 'HTTP 503: This node is not a swarm manager. Use "docker swarm init"'];
    const call: DockerCall = (method, _path, body) => {
      if (method === "POST") keys.push((body as { UnlockKey: string }).UnlockKey);
      return Promise.reject(new Error(answers[keys.length - 1] ?? ""));
    };
    await assert.rejects(
      unlockWith([{ name: "manager-1", call }], ["first", "second"], REPAIR, clock()),
      /^Error: manager-1: it is unknown after 20 s whether it is locked \(HTTP 503: This node is not/,
    );
    assert.deepEqual(keys, ["first", "second"]);
  });

  it("takes a manager for unlocked that waits for the others, or can't start for another reason", async () => {
    const slow = "no answer in 5 s";
    const failed = "HTTP 500: swarm component could not be started: error while loading TLS certificate";
    const none = "HTTP 503: This node is not a swarm manager.";
    for (const [refusal, words] of [
      [slow, `${none} Manager is being prepared or has trouble connecting to the cluster.`],
      [slow, "HTTP 503: Swarm certificates have expired. To replace them, leave the swarm and join again."],
      [failed, `${none} Use "docker swarm init"`],
    ] as const) {
      const call: DockerCall = (method) => Promise.reject(new Error(method === "POST" ? refusal : words));
      const time = clock();
      await unlockWith([{ name: "manager-1", call }], ["key"], REPAIR, time);
      assert.equal(time.passed, 0, words);
    }
  });

  it("asks nobody without a key", async () => {
    const one = new Locked("manager-1", "key");
    await assert.rejects(unlockWith([one], [], REPAIR, clock()), /no other manager gives the unlock key/);
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
    assert.deepEqual(knownKeys(all, "SWMKEY-1-mine"), ["SWMKEY-1-mine", "SWMKEY-1-state", "SWMKEY-1-older"]);
    assert.deepEqual(knownKeys({ ...all, outputs: outputs("SWMKEY-1-state") }), ["SWMKEY-1-state"]);
  });

  it("are none where autolock isn't configured, or the last up couldn't read it", () => {
    const none = { deployment: state('{"certificateExpiry":720}'), outputs: outputs("unknown") };
    assert.deepEqual(knownKeys(none), []);
  });

  it("are taken out of the environment, so that no program that is started gets them", () => {
    const env = { SWARM_HA_UNLOCK_KEY: " SWMKEY-1-mine\n", HOME: "/root" };
    assert.equal(takeKey(env), "SWMKEY-1-mine");
    assert.deepEqual(env, { HOME: "/root" });
    assert.equal(takeKey(env), undefined);
    assert.equal(takeKey({ SWARM_HA_UNLOCK_KEY: "" }), undefined);
  });
});

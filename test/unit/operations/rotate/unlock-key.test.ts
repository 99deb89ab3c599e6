import assert from "node:assert/strict";
import { digestOf } from "../../../../cli/cluster/swarm-settings";
import { reportOf } from "../../../../cli/operations/report";
import { stillBehind, unlockKey } from "../../../../cli/operations/rotate/unlock-key";
import { FILE, KEY, OTHER_KEY } from "../../cluster/node-key-file";
import { FakeSwarm } from "./fake-swarm";

const STEP = "urn::swarm-settings";
const OTHER_FILE = FILE.replace("raft-dek: CAESMLwH", "raft-dek: CAESMLwG");

describe("rotate unlock-key", () => {
  let swarm: FakeSwarm;
  /** The key in the stack's state. */
  let recorded: string | undefined;
  beforeEach(() => {
    swarm = new FakeSwarm();
    recorded = OTHER_KEY;
    swarm.unlockKey = OTHER_KEY;
    swarm.nextUnlockKey = KEY;
    swarm.keyFiles = () => ({ "manager-1": FILE, "manager-2": FILE, "manager-3": FILE });
    // The step reads the key when an `up` runs it.
    swarm.cluster.events["up past failures"] = () =>
      void (recorded = swarm.redone.includes(STEP) ? swarm.unlockKey : recorded);
    const now = swarm.cluster.now.bind(swarm.cluster);
    swarm.cluster.now = () => {
      const live = now();
      if (recorded === undefined) return live;
      const settings = { step: STEP, certificateExpiry: 2160, autolock: true, unlockKey: digestOf(recorded) };
      return { ...live, desired: { ...live.desired, settings } };
    };
  });

  it("rotates the key once, records the new one, looks at every manager's disk, and shows no key", async () => {
    const outcome = await swarm.run(unlockKey);
    assert.equal(outcome.settled, true, JSON.stringify([outcome.error, outcome.plan]));
    assert.equal(swarm.posts.length, 1);
    assert.match(swarm.posts[0]?.path ?? "", /version=7&rotateManagerUnlockKey=true/);
    assert.equal((swarm.posts[0]?.body as { Name: string }).Name, "default");
    assert.deepEqual([swarm.redone, recorded], [[STEP], KEY]);
    const shown = JSON.stringify([
      ...[reportOf({ name: "rotate", stack: "local" }, outcome, false), outcome.observed, swarm.shown, swarm.notes],
      unlockKey.after("local"),
    ]);
    for (const key of [KEY, OTHER_KEY]) assert.ok(!shown.includes(key));
  });

  it("waits for a manager that hears of the new key later", async () => {
    let looks = 0;
    swarm.keyFiles = () => ({ "manager-1": FILE, "manager-2": ++looks < 4 ? OTHER_FILE : FILE, "manager-3": FILE });
    assert.equal((await swarm.run(unlockKey)).settled, true);
    assert.equal(swarm.waited, 3000);
  });

  it("names a manager that keeps the old key, and doesn't end well", async () => {
    swarm.keyFiles = () => ({ "manager-1": FILE, "manager-2": OTHER_FILE, "manager-3": { error: "no answer" } });
    const { settled, plan } = await swarm.run(unlockKey);
    assert.equal(settled, false);
    assert.match(
      plan.refused ?? "",
      /but manager-2 \(it still has the old key\) and manager-3 \(no answer\)\. Don't restart these hosts.*npm run rotate -- local unlock-key/,
    );
  });

  it("isn't made twice when the answer of a manager is lost", async () => {
    swarm.lost = ["POST /swarm/update"];
    assert.equal((await swarm.run(unlockKey)).settled, true);
    assert.equal(swarm.posts.length, 1);
  });

  it("says where the only copy of the key is when it can't be recorded", async () => {
    swarm.cluster.events = {};
    swarm.cluster.failing["up past failures"] = "the state is locked";
    const { settled, error } = await swarm.run(unlockKey);
    assert.equal(settled, false);
    assert.match(
      error ?? "",
      /only the managers have it: don't restart them.*npm run repair -- local\nthe state is locked/,
    );
  });

  it("records the key although the up fails elsewhere, and warns of the output", async () => {
    swarm.cluster.failing["up past failures"] = "worker-2 doesn't answer";
    const { settled, plan, error } = await swarm.run(unlockKey);
    assert.deepEqual([settled, error, recorded], [false, undefined, KEY]);
    assert.match(
      plan.refused ?? "",
      /all managers and the stack's state have the new one\..*output unlockKey may be the old key.*npm run repair -- local.*\nworker-2 doesn't answer$/,
    );
    assert.doesNotMatch(plan.refused ?? "", /rotate --/);
  });

  it("warns that the managers may have the new key when none has confirmed it", async () => {
    const { through } = swarm.tools;
    let calls = 0;
    // The change is made, and neither its answer nor one to the next question arrives.
    const broken = (async (stack, work) => {
      if (++calls !== 2) return through(stack, work);
      await through(stack, work).catch(() => undefined);
      throw new Error("no answer in 5 s");
    }) as typeof through;
    Object.assign(swarm, { tools: { ...swarm.tools, through: broken } });
    const { settled, error } = await swarm.run(unlockKey);
    assert.deepEqual([settled, swarm.unlockKey], [false, KEY]);
    assert.match(
      error ?? "",
      /may have it already: don't restart them\. Record what they have: npm run repair -- local/,
    );
  });

  it("looks at the disks for a minute, by the clock", async () => {
    swarm.keyFiles = () => {
      swarm.waited += 20_000;
      return { "manager-1": FILE, "manager-2": OTHER_FILE, "manager-3": FILE };
    };
    assert.equal((await swarm.run(unlockKey)).settled, false);
    assert.ok(swarm.waited <= 85_000, String(swarm.waited));
  });

  it("changes nothing in a dry run", async () => {
    const { plan, settled } = await swarm.run(unlockKey, { dryRun: true });
    assert.deepEqual([plan.steps.map(({ key }) => key), settled, swarm.posts.length], [["rotate", "up"], false, 0]);
  });

  const down = { state: "down", reachability: "unreachable" };
  const refusals: Record<string, readonly [() => void, RegExp]> = {
    "a manager is Down": [
      () => (swarm.cluster.nodes = { "manager-2": down }),
      /^The unlock key isn't rotated: manager-2 is Down\..*npm run repair -- local$/,
    ],
    "a manager is unreachable": [
      () => (swarm.cluster.nodes = { "manager-3": { reachability: "unreachable" } }),
      /manager-3 is not Reachable/,
    ],
    "there is no leader": [
      () => (swarm.cluster.live = { answers: [{ name: "manager-1", answered: false, seen: "no answer" }] }),
      /no manager can list the nodes\. First: npm run repair -- local$/,
    ],
    "a manager is missing": [() => (swarm.cluster.nodes = { "manager-3": undefined }), /manager-3 is not in the swarm/],
    "autolock isn't configured": [
      () => (recorded = undefined),
      /swarm-ha:autolock isn't true.*config set.*autolock true/,
    ],
    "autolock was turned off by hand": [() => (swarm.unlockKey = undefined), /autolock is off.*npm run repair/],
    "an up would create hosts": [() => (swarm.pending = { lacking: ["worker-4"], extra: [] }), /create worker-4/],
  };
  for (const [when, [change, reason]] of Object.entries(refusals)) {
    it(`refuses while ${when}, and changes nothing`, async () => {
      change();
      const { settled, plan } = await swarm.run(unlockKey);
      assert.equal(settled, false);
      assert.match(plan.refused ?? "", reason);
      assert.deepEqual([swarm.posts, swarm.redone], [[], []]);
    });
  }

  it("works with a dead worker, which has no key", async () => {
    swarm.cluster.nodes = { "worker-2": { state: "down" } };
    assert.equal((await swarm.run(unlockKey)).settled, true);
  });
});

describe("managers that are behind", () => {
  it("are those whose key file isn't encrypted with the key, isn't encrypted, or can't be read", () => {
    const files = { a: FILE, b: OTHER_FILE, c: "", d: { error: "no log" } };
    assert.deepEqual(stillBehind(["a", "b", "c", "d", "e"], files, KEY), [
      "b (it still has the old key)",
      "c (its key isn't encrypted)",
      "d (no log)",
      "e (it wasn't asked)",
    ]);
    assert.deepEqual(stillBehind(["a"], files, OTHER_KEY), ["a (it still has the old key)"]);
  });
});

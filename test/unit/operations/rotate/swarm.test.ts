import assert from "node:assert/strict";
import { ROTATIONS } from "../../../../cli/operations/rotate";
import { joinTokens } from "../../../../cli/operations/rotate/join-tokens";
import { swarmCa } from "../../../../cli/operations/rotate/swarm-ca";
import { reportOf } from "../../../../cli/operations/report";
import { FakeSwarm } from "./fake-swarm";

describe("rotate join-tokens", () => {
  let swarm: FakeSwarm;
  beforeEach(() => (swarm = new FakeSwarm()));

  it("rotates both tokens with the swarm's own spec, once, and shows none", async () => {
    const before = { ...swarm.tokens };
    const outcome = await swarm.run(joinTokens);
    assert.equal(outcome.settled, true);
    assert.equal(swarm.posts.length, 1);
    assert.match(swarm.posts[0]?.path ?? "", /version=7/);
    assert.deepEqual((swarm.posts[0]?.body as { Name: string }).Name, "default");
    assert.notEqual(swarm.tokens.Worker, before.Worker);
    assert.notEqual(swarm.tokens.Manager, before.Manager);
    const shown = JSON.stringify([reportOf({ name: "rotate", stack: "local" }, outcome, false), outcome.observed]);
    for (const token of [...Object.values(before), ...Object.values(swarm.tokens)]) assert.ok(!shown.includes(token));
  });

  it("works with a dead host, whose problem isn't the rotation's", async () => {
    swarm.cluster.nodes = { "worker-2": { state: "down" } };
    assert.equal((await swarm.run(joinTokens)).settled, true);
  });

  it("fails when the cluster is worse afterwards", async () => {
    const read = swarm.tools.through;
    const tools = {
      ...swarm.tools,
      through: (async (stack, work) => {
        if (swarm.posts.length > 0) swarm.cluster.nodes = { "worker-3": { state: "down" } };
        return read(stack, work);
      }) as typeof read,
    };
    Object.assign(swarm, { tools });
    assert.equal((await swarm.run(joinTokens)).settled, false);
  });

  it("isn't made twice when the answer of a manager is lost", async () => {
    swarm.lost = ["POST /swarm/update"];
    assert.equal((await swarm.run(joinTokens)).settled, true);
    assert.equal(swarm.posts.length, 1);
  });

  it("ends with a remedy when no manager answers", async () => {
    const { through } = swarm.tools;
    let calls = 0;
    for (const [failing, text] of [
      [2, /could not be rotated.*\n.*no leader/],
      [3, /not verified: no leader\n/],
    ] as const) {
      calls = 0;
      const broken = ((stack, work) =>
        ++calls === failing ? Promise.reject(new Error("no leader")) : through(stack, work)) as typeof through;
      Object.assign(swarm, { tools: { ...swarm.tools, through: broken } });
      const { settled, error, plan } = await swarm.run(joinTokens);
      assert.equal(settled, false);
      assert.match(error ?? plan.refused ?? "", text);
      assert.match(error ?? plan.refused ?? "", /npm run rotate -- local join-tokens/);
    }
  });

  it("has a host that hasn't joined fetch another token, and no other host", async () => {
    swarm.cluster.nodes = { "worker-2": undefined, "worker-3": { state: "down" } };
    const token = (host: string) => ({ urn: `urn::token-${host}`, type: "command:remote:Command" });
    const resources = ["worker-1", "worker-2", "worker-3"].map(token);
    const now = swarm.cluster.now.bind(swarm.cluster);
    swarm.cluster.now = () => ({ ...now(), deployment: { deployment: { resources } } });
    assert.equal((await swarm.run(joinTokens)).settled, true);
    assert.deepEqual(swarm.redone, ["urn::token-worker-2"]);
  });

  it("changes nothing in a dry run", async () => {
    const { plan, settled } = await swarm.run(joinTokens, { dryRun: true });
    assert.deepEqual([plan.steps.length, settled, swarm.posts.length], [1, false, 0]);
  });
});

describe("rotate swarm-ca", () => {
  let swarm: FakeSwarm;
  beforeEach(() => (swarm = new FakeSwarm()));

  it("lets the swarm make a new root, and waits until every node has renewed", async () => {
    const outcome = await swarm.run(swarmCa);
    assert.equal(outcome.settled, true);
    assert.equal(swarm.posts.length, 1);
    assert.deepEqual((swarm.posts[0]?.body as { CAConfig: unknown }).CAConfig, {
      ...{ NodeCertExpiry: 1, ForceRotate: 1, ExternalCAs: [] },
      ...{ SigningCACert: "", SigningCAKey: "" },
    });
    assert.ok(swarm.nodes.every(({ root }) => root === swarm.root && root !== "root-1"));
    assert.ok(swarm.notes.some((note) => /waiting for .*worker-3/.test(note)));
  });

  const refusals: Record<string, readonly [(swarm: FakeSwarm) => void, RegExp]> = {
    "a node is Down": [({ nodes }) => Object.assign(nodes.at(-1) ?? {}, { state: "down" }), /worker-3 is Down/],
    "a manager is unreachable": [
      ({ nodes }) => Object.assign(nodes[1] ?? {}, { reachability: "unreachable" }),
      /manager-2 is unreachable/,
    ],
    "another program signs": [(one) => (one.externalCas = [{ URL: "https://ca" }]), /external CA/],
  };
  for (const [when, [change, reason]] of Object.entries(refusals)) {
    it(`refuses while ${when}, and changes nothing`, async () => {
      change(swarm);
      const { settled, plan } = await swarm.run(swarmCa);
      assert.equal(settled, false);
      assert.match(plan.refused ?? "", reason);
      assert.deepEqual(swarm.posts, []);
    });
  }

  it("waits for a rotation that a killed run has begun, and begins no other one", async () => {
    swarm.next = "root-2";
    const { settled, past } = await swarm.run(swarmCa);
    assert.deepEqual([settled, past.map(({ step }) => step.key)], [true, ["resume"]]);
    assert.deepEqual(swarm.posts, []);
    assert.equal(swarm.root, "root-2");
  });

  it("waits for one that is under way although a node is Down: it may come back", async () => {
    swarm.next = "root-2";
    const last = swarm.nodes.at(-1);
    Object.assign(last ?? {}, { state: "down" });
    const { pause } = swarm.tools;
    const tools = {
      ...swarm.tools,
      pause: (milliseconds: number) => {
        if (swarm.waited > 20_000) Object.assign(last ?? {}, { state: "ready" });
        return pause(milliseconds);
      },
    };
    Object.assign(swarm, { tools });
    assert.equal((await swarm.run(swarmCa)).settled, true);
    assert.ok(swarm.notes.includes("waiting for worker-3 (Down)"), swarm.notes.join("; "));
  });

  it("ends at its limit, and names the nodes that it waited for", async () => {
    swarm.stuck = ["worker-2"];
    const { settled, plan } = await swarm.run(swarmCa);
    assert.equal(settled, false);
    assert.match(plan.refused ?? "", /Not all nodes have renewed after 165 s: worker-2\. .*rotate -- local swarm-ca/);
    assert.ok(swarm.waited <= 170_000, String(swarm.waited));
  });

  it("ends at its limit by the clock: without a leader a look takes seconds", async () => {
    const { through } = swarm.tools;
    let calls = 0;
    const slow = ((stack, work) => {
      if (++calls < 3) return through(stack, work);
      swarm.waited += 15_000;
      return Promise.reject(new Error("no leader"));
    }) as typeof through;
    Object.assign(swarm, { tools: { ...swarm.tools, through: slow } });
    assert.equal((await swarm.run(swarmCa)).settled, false);
    assert.ok(swarm.waited <= 185_000, String(swarm.waited));
  });

  it("tells how an external CA is removed: of the configuration, or of one that was set by hand", async () => {
    swarm.externalCas = [{ URL: "https://ca" }];
    assert.match((await swarm.run(swarmCa)).plan.refused ?? "", /it was set by hand, so remove it by hand/);
    const now = swarm.cluster.now.bind(swarm.cluster);
    const settings = { step: "urn", certificateExpiry: 2160, externalCa: { urls: ["https://ca"], root: "AB" } };
    swarm.cluster.now = () => ({ ...now(), desired: { ...now().desired, settings } });
    assert.match((await swarm.run(swarmCa)).plan.refused ?? "", /remove swarm-ha:externalCa and run up/);
  });

  it("isn't begun twice when the answer of a manager is lost", async () => {
    swarm.lost = ["POST /swarm/update"];
    assert.equal((await swarm.run(swarmCa)).settled, true);
    assert.equal(swarm.posts.length, 1);
  });

  it("ends with a remedy when no manager begins it", async () => {
    const { through } = swarm.tools;
    let calls = 0;
    const broken = ((stack, work) =>
      ++calls === 2 ? Promise.reject(new Error("no leader")) : through(stack, work)) as typeof through;
    Object.assign(swarm, { tools: { ...swarm.tools, through: broken } });
    const { error } = await swarm.run(swarmCa);
    assert.match(error ?? "", /npm run rotate -- local swarm-ca\nno leader/);
  });

  it("goes on waiting while no manager answers", async () => {
    const { through } = swarm.tools;
    let calls = 0;
    const broken = ((stack, work) =>
      ++calls === 3 ? Promise.reject(new Error("no leader")) : through(stack, work)) as typeof through;
    Object.assign(swarm, { tools: { ...swarm.tools, through: broken } });
    assert.equal((await swarm.run(swarmCa)).settled, true);
    assert.ok(swarm.notes.includes("no leader"), swarm.notes.join("; "));
  });
});

describe("the rotations", () => {
  it("have a summary each, for the usage", () => {
    for (const [name, { summary }] of Object.entries(ROTATIONS)) assert.ok(summary.length > 10, name);
  });
});

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { evaluate } from "../../../cli/cluster/evaluate";
import type { AllFacts, HostFacts, HostReport } from "../../../cli/cluster/host-facts";
import type { Live, LiveNode } from "../../../cli/cluster/model";
import { planRepair, stepKey, type RepairPlan } from "../../../cli/operations/plan-repair";
import type { HostTraits, PlatformInstance } from "../../../cli/platform/types";
import { quorum } from "../../../cli/cluster/quorum";
import { found, nodeOf, nodesOf, wanted } from "../cluster/support";

const desired = wanted();
const others = ["bastion", "lb-manager"];
const allInstances = [...others, ...desired.nodes.map((node) => node.name)];

function instances(gone: readonly string[] = [], stopped: readonly string[] = []): PlatformInstance[] {
  return allInstances
    .filter((name) => !gone.includes(name))
    .map((name) => ({ name, id: `instance-${name}`, running: !stopped.includes(name) }));
}

interface Case {
  readonly changes?: Record<string, Partial<LiveNode> | undefined>;
  readonly extra?: LiveNode[];
  readonly gone?: readonly string[];
  readonly stopped?: readonly string[];
  readonly live?: Partial<Live>;
  readonly tried?: readonly string[];
  readonly unfinished?: readonly string[];
  readonly facts?: AllFacts;
  readonly createsHosts?: false;
  readonly hostTraits?: HostTraits;
  readonly other?: Readonly<Record<string, string>>;
}

function report(change: Partial<HostReport>): HostFacts {
  const well = { service: true, answers: true, state: "active", error: "", nodeId: "", volumes: [], reach: [] };
  return { reached: true, via: "bastion", ...well, ...change };
}

function plan({
  changes = {},
  extra = [],
  gone,
  stopped,
  live = {},
  tried = [],
  unfinished = [],
  facts = {},
  createsHosts,
  hostTraits,
  other = {},
}: Case): RepairPlan {
  const evaluation = evaluate(desired, found(desired, nodesOf(desired, changes, extra), live));
  return planRepair({
    desired: { ...desired, unfinished },
    evaluation,
    instances: instances(gone, stopped).map((one) => {
      const reason = other[one.name];
      return reason === undefined ? one : { ...one, gone: reason };
    }),
    ...(createsHosts === undefined ? {} : { createsHosts }),
    ...(hostTraits === undefined ? {} : { hostTraits }),
    others,
    facts,
    tried: new Set(tried),
  });
}

const steps = (of: RepairPlan): string[] => of.steps.map(stepKey);
const down = { state: "down", reachability: "unreachable" };

describe("planRepair", () => {
  it("has nothing to do on a healthy cluster", () => {
    assert.deepEqual(plan({}), { steps: [], left: [] });
  });

  it("makes the bastion first, then load balancers, managers one by one, then the rest together", () => {
    const zone = {
      changes: { "manager-1": down, "registry-1": { state: "down" }, "worker-1": { state: "down" } },
      gone: ["bastion", "lb-manager"],
    };
    assert.deepEqual(steps(plan(zone)), [
      "replace bastion",
      "replace lb-manager",
      "replace manager-1",
      "replace registry-1 worker-1",
    ]);
  });

  describe("a manager that serves, but whose own API reports an error", () => {
    const erring = (...names: string[]): Case => {
      const { answers } = found(desired, nodesOf(desired));
      return {
        live: {
          answers: answers.map((answer) =>
            answer.answered && names.includes(answer.name) ? { ...answer, localState: "error" } : answer,
          ),
        },
        facts: Object.fromEntries(names.map((name) => [name, report({ state: "error", nodeId: `id-${name}` })])),
      };
    };

    it("gets its Docker engine started, which changes nothing that runs, and then restarted", () => {
      const once = erring("manager-2");
      assert.deepEqual(steps(plan(once)), ["start manager-2"]);
      assert.deepEqual(steps(plan({ ...once, tried: ["start manager-2"] })), ["restart manager-2"]);
      assert.deepEqual(steps(plan({ ...once, tried: ["start manager-2", "restart manager-2"] })), []);
    });

    it("isn't restarted where its swarm state is another one: then its proxy is at fault", () => {
      const facts = { "manager-2": report({ nodeId: "id-manager-2" }) };
      assert.deepEqual(steps(plan({ ...erring("manager-2"), facts, tried: ["start manager-2"] })), []);
    });

    it("isn't restarted while the majority needs it, and of two the second one waits", () => {
      const tried = ["start manager-2", "start manager-3"];
      const two = plan({ ...erring("manager-2", "manager-3"), tried });
      assert.deepEqual(steps(two), ["restart manager-2"]);
      assert.match(two.left.join("\n"), /manager-3: /);
    });
  });

  it("replaces no host while the bastion can't be reached, for then its silence proves nothing", () => {
    const blind = plan({ changes: { "worker-1": { state: "down" } }, live: { bastionError: "refused" } });
    assert.deepEqual(steps(blind), ["replace bastion"]);
    assert.match(blind.left.join(), /worker-1: the bastion can't be reached/);
  });

  it("leaves a bastion that existed before the stack to a person, and sets up again what was re-installed", () => {
    const mute = plan({ createsHosts: false, live: { bastionError: "refused" } });
    assert.deepEqual(steps(mute), []);
    assert.match(
      mute.left.join(),
      /the bastion doesn't answer by SSH, and only a person can bring it back: check its power/,
    );
    // Another key isn't silence: its remedy is another one.
    const bastionError = "it shows another host key than the pinned one";
    const otherKey = plan({ createsHosts: false, live: { bastionError } });
    assert.match(otherKey.left.join(), /the bastion shows another SSH host key.*--renew, then npm run pulumi -- up/);
    assert.doesNotMatch(otherKey.left.join(), /doesn't answer by SSH/);
    const trusted = plan({ createsHosts: false, live: { bastionError }, other: { bastion: "it was re-installed" } });
    assert.deepEqual([steps(trusted), trusted.left], [["replace bastion"], []]);
    const other = { "lb-manager": "it was re-installed", "worker-1": "it was re-installed" };
    const again = plan({ createsHosts: false, other, changes: { "worker-1": { state: "down" } } });
    assert.deepEqual(steps(again), ["replace lb-manager", "replace worker-1"]);
    assert.deepEqual(
      again.steps.map((step) => "why" in step && step.why),
      ["it was re-installed", "it was re-installed"],
    );
  });

  it("says what is wrong with a host in its platform's words", () => {
    const hostTraits = { keepsVolumes: true, missing: "not in the state", stopped: "off", another: "another one" };
    const found = plan({ hostTraits, gone: ["lb-manager", "worker-1"] });
    assert.deepEqual(
      found.steps.map(({ why }) => why),
      ["not in the state", "not in the state"],
    );
    assert.match(JSON.stringify(plan({ gone: ["worker-1"] }).steps), /its container is gone/);
  });

  it("starts and restarts Docker engines before it replaces anything, and without a majority, too", () => {
    const facts: AllFacts = { "manager-1": report({ service: false }), "manager-2": report({ answers: false }) };
    const changes = { "manager-1": down, "manager-2": down };
    const { steps: found, refused } = plan({ changes, facts });
    assert.deepEqual(found.map(stepKey), ["start manager-1", "restart manager-2"]);
    assert.match(refused ?? "", /Only 1 of 3/);
  });

  it("unlocks all locked managers in one step, without a majority, too, and never replaces them", () => {
    const locked = report({ state: "locked" });
    const changes = { "manager-1": down, "manager-2": down };
    const facts: AllFacts = { "manager-1": locked, "manager-2": locked, "manager-3": report({}) };
    const { steps: found, refused } = plan({ changes, facts });
    assert.deepEqual(found.map(stepKey), ["unlock manager-1 manager-2"]);
    assert.match(refused ?? "", /Only 1 of 3 managers count/);
    const left = plan({ changes, facts, tried: ["unlock manager-1", "unlock manager-2"] });
    assert.match(
      left.refused ?? "",
      /manager-1 and manager-2 are locked \(autolock\), and no known key fits.*SWARM_HA_UNLOCK_KEY/,
    );
    const tried = ["unlock manager-1", "unlock manager-2"];
    assert.deepEqual(steps(plan({ changes, facts, tried })), []);
    // Where they can't elect a leader, they stay locked: the Docker engine would wait for ever, and a recovery couldn't stop it.
    const alone = plan({ changes: { ...changes, "manager-3": down }, facts: { "manager-1": locked } });
    assert.deepEqual(steps(alone), []);
    assert.match(
      alone.refused ?? "",
      /manager-1 is locked \(autolock\), and would be no majority without.*npm run recover/,
    );
    // With a majority, too, and once.
    const one = { changes: { "manager-1": down }, facts: { "manager-1": locked } };
    assert.deepEqual(steps(plan(one)), ["unlock manager-1"]);
    const after = plan({ ...one, tried });
    assert.deepEqual(steps(after), []);
    assert.match(after.left.join(), /manager-1: its Docker engine is locked/);
  });

  it("names the data that goes with each of a batch, and asks only once", () => {
    const changes = { "worker-1": { state: "down" }, "worker-2": { state: "down" } };
    const [step] = plan({ changes }).steps;
    assert.ok(step?.kind === "replace");
    assert.match(step.loses ?? "", /all volumes on worker-1 .* and all volumes on worker-2/);
  });

  it("lets a manager join again under the guard alone", () => {
    const facts = { "manager-1": report({}), "manager-2": report({}) };
    const tried = ["restart manager-1"];
    const one = { changes: { "manager-1": down }, facts, tried };
    assert.deepEqual(steps(plan(one)), ["rejoin manager-1"]);
    assert.match(plan({ ...one, changes: { "manager-1": down, "manager-2": down } }).refused ?? "", /majority/);
  });

  it("ends an interrupted up before it replaces anything", () => {
    const keys = steps(plan({ changes: { "worker-1": { state: "down" } }, unfinished: ["worker-3"] }));
    assert.deepEqual(keys, ["up worker-3", "replace worker-1"]);
  });

  it("replaces hosts whose container is gone, can't be started or is another one, whatever the swarm reports", () => {
    assert.deepEqual(steps(plan({ gone: ["worker-2"] })), ["replace worker-2"]);
    assert.deepEqual(steps(plan({ stopped: ["worker-2"] })), ["replace worker-2"]);
    const labels = { ...nodeOf(desired.nodes[8] ?? assert.fail()).labels, "swarm-ha.identity": "another" };
    // Another host answers under that name: the stack's own joins again.
    const facts = { "worker-3": report({ nodeId: "id-of-another" }) };
    const other = plan({ changes: { "worker-3": { labels } }, facts, tried: ["restart worker-3"] });
    assert.deepEqual(steps(other), ["rejoin worker-3"]);
  });

  it("tries each of a batch by itself when the batch fails, and goes on past one that fails again", () => {
    const both = { "worker-1": { state: "down" }, "worker-2": { state: "down" } };
    const tried = ["replace worker-1 worker-2"];
    assert.deepEqual(steps(plan({ changes: both, tried })), ["replace worker-1", "replace worker-2"]);
    const again = plan({ changes: both, tried: [...tried, "replace worker-1"] });
    assert.deepEqual(steps(again), ["replace worker-2"]);
    assert.match(again.left.join(), /worker-1/);
  });

  it("refuses without a majority, with the command, but still makes the bastion", () => {
    const none = {
      answers: [{ name: "manager-1", answered: false as const, seen: "no route" }],
      bastionError: "dead",
    };
    const refused = plan({ live: none, gone: ["bastion"] });
    assert.deepEqual(steps(refused), ["replace bastion"]);
    assert.match(refused.refused ?? "", /majority \(2 of 3 managers\)[^]*npm run recover -- local\n[^]*no route/);
    assert.match(
      plan({ changes: { "manager-1": down, "manager-2": down } }).refused ?? "",
      /Only 1 of 3 managers count/,
    );
  });

  it("removes dead stale nodes and leaves living ones to a person", () => {
    const stale = (name: string, state: string): LiveNode =>
      nodeOf(desired.nodes[0] ?? assert.fail(), {
        id: `stale-${name}`,
        hostname: name,
        state,
        reachability: "unreachable",
      });
    const { steps: found, left } = plan({ extra: [stale("manager-1", "down")] });
    assert.deepEqual(found.map(stepKey), ["stale-node stale-manager-1"]);
    assert.deepEqual(left, []);
    assert.match(plan({ extra: [stale("stranger", "ready")] }).left.join(), /stranger/);
  });

  it("sets role, availability and labels right", () => {
    const [step] = plan({ changes: { "manager-2": { availability: "active", role: "worker", labels: {} } } }).steps;
    assert.ok(step?.kind === "settings");
    assert.deepEqual(step.change, {
      role: "manager",
      availability: "drain",
      labels: {
        "swarm-ha.role": "manager",
        "swarm-ha.zone": "b",
        "swarm-ha.pool": "manager",
        "swarm-ha.identity": "instance-manager-2",
      },
    });
  });

  const trouble = fc.record({
    sizes: fc.constantFrom(1, 3, 5, 7),
    changes: fc.dictionary(
      fc.constantFrom(...wanted(7).nodes.map((node) => node.name)),
      fc.option(
        fc.record(
          {
            state: fc.constantFrom("ready", "down"),
            reachability: fc.constantFrom("reachable", "unreachable"),
            role: fc.constantFrom("manager" as const, "worker" as const),
            labels: fc.constantFrom({}, { "swarm-ha.identity": "other" }),
          },
          { requiredKeys: [] },
        ),
        { nil: undefined },
      ),
      { noNullPrototype: true, maxKeys: 8 },
    ),
    staleNodes: fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.constantFrom("down", "ready")), { maxLength: 3 }),
    gone: fc.subarray(["bastion", "lb-manager", "manager-1", "manager-2", "worker-1", "registry-2"]),
    bastionDead: fc.boolean(),
  });

  it("takes at most one manager a step, never one that the majority needs, and the bastion comes first", () => {
    fc.assert(
      fc.property(trouble, ({ sizes, changes, staleNodes, gone, bastionDead }) => {
        const cluster = wanted(sizes);
        const extra = staleNodes.map(([n, state], i) =>
          nodeOf({ ...(wanted(7).nodes[n - 1] ?? assert.fail()), identity: `old-${n}` }, { id: `stale-${i}`, state }),
        );
        const nodes = nodesOf(cluster, changes, extra);
        const live = found(cluster, nodes, bastionDead ? { bastionError: "dead" } : {});
        const evaluation = evaluate(cluster, live);
        const names = [...others, ...cluster.nodes.map((node) => node.name)].filter((name) => !gone.includes(name));
        const states = names.map((name) => ({ name, id: `instance-${name}`, running: true }));
        const { steps: all, refused } = planRepair({
          desired: cluster,
          evaluation,
          instances: states,
          others,
          tried: new Set(),
        });

        const bastion = all.findIndex((step) => step.kind === "replace" && step.names.includes("bastion"));
        assert.equal(bastion, bastionDead || gone.includes("bastion") ? 0 : -1);
        if (bastion === 0) assert.equal(all[0]?.names.length, 1, "in an up of its own");
        if (!evaluation.reachable || evaluation.quorum.margin < 0) {
          assert.ok(refused);
          assert.ok(all.every((step) => step.kind === "replace" && step.names.every((name) => others.includes(name))));
        }

        // Worst case: what is taken away never comes back.
        const members = nodes.filter((node) => node.reachability !== "");
        for (const step of all) {
          const managers = step.names.filter((name) => name.startsWith("manager-"));
          assert.ok(managers.length === 0 || step.names.length === 1, `${stepKey(step)}: a manager goes alone`);
          const takes =
            step.kind === "stale-node" || (step.kind === "settings" && step.change.role === "worker")
              ? members.find((node) => node.id === step.nodeId)
              : step.kind === "replace"
                ? evaluation.matches.find((match) => match.desired.name === step.names[0])?.node
                : undefined;
          const index = takes === undefined ? -1 : members.indexOf(takes);
          if (index < 0) continue;
          members.splice(index, 1);
          const left = quorum(members);
          assert.ok(left.managers > 0 && left.margin >= 0, `${stepKey(step)} leaves no majority`);
        }
      }),
      { numRuns: 500 },
    );
  });
});

import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { AllFacts, HostFacts, HostReport } from "../../../cli/cluster/host-facts";
import { describeHost, nextRung, type Rung } from "../../../cli/operations/ladder";
import { allFacts } from "../../../cli/platform/facts";
import type { HostTraits } from "../../../cli/platform/types";
import { stepKey } from "../../../cli/operations/plan-repair";
import { nodeOf, wanted } from "../cluster/support";

const desired = wanted();
const host = (name: string) => desired.nodes.find((node) => node.name === name) ?? assert.fail(name);

function well(report: Partial<HostReport> = {}): HostFacts {
  return {
    reached: true,
    via: "bastion",
    service: true,
    answers: true,
    state: "active",
    error: "",
    nodeId: "",
    volumes: [],
    reach: [],
    ...report,
  };
}
const silent: HostFacts = { reached: false, seen: "no answer in 8 s" };
type Outcome = HostReport["reach"][number]["outcome"];
const to = (name: string, outcome: Outcome, port = 2377): HostReport["reach"][number] => ({ to: name, port, outcome });

interface Case {
  readonly facts?: AllFacts;
  readonly tried?: readonly string[];
  readonly instance?: "gone" | "stopped" | "unknown" | "re-installed";
  readonly node?: "down" | "absent" | "other label";
  readonly bastion?: boolean;
  readonly pinned?: readonly string[];
  readonly createsHosts?: false;
  readonly hostTraits?: HostTraits;
}

function climb(
  name: string,
  { facts = {}, tried = [], instance, node = "down", bastion = true, pinned = [], createsHosts, hostTraits }: Case,
): Rung {
  const one = host(name);
  const labels = { ...nodeOf(one).labels, "swarm-ha.identity": "other" };
  const state = node === "down" ? { state: "down", reachability: "" } : { labels };
  const found = { name, id: one.identity, running: instance !== "stopped" };
  const instances =
    instance === "gone" ? [] : [instance === "re-installed" ? { ...found, gone: "it was re-installed" } : found];
  const unreachable = { kind: "bastion", hosts: [], text: "The bastion can't be reached" } as const;
  return nextRung({
    input: {
      desired,
      facts,
      evaluation: { problems: bastion ? [] : [unreachable], pinned: { [name]: pinned } },
      ...(instance === "unknown" ? {} : { instances }),
      ...(createsHosts === undefined ? {} : { createsHosts }),
      ...(hostTraits === undefined ? {} : { hostTraits }),
    },
    match: node === "absent" ? { desired: one } : { desired: one, node: nodeOf(one, state) },
    why: "its node is down",
    isTried: (step) => tried.includes(stepKey(step)),
  });
}

/** The rungs from the first to the last, when none of them helps. */
function ladder(name: string, given: Case): string[] {
  const tried: string[] = [];
  for (;;) {
    const rung = climb(name, { ...given, tried });
    if ("left" in rung) return tried;
    assert.ok(!tried.includes(stepKey(rung.step)), "no rung twice");
    tried.push(stepKey(rung.step));
  }
}

function left(rung: Rung): string {
  return "left" in rung ? rung.left : assert.fail(JSON.stringify(rung));
}

function loses(rung: Rung): string | undefined {
  assert.ok("step" in rung && rung.step.kind === "replace", JSON.stringify(rung));
  return rung.step.loses;
}

describe("the repair ladder", () => {
  it("starts a Docker engine that is stopped before anything else, and replaces the host last", () => {
    const facts = { "worker-1": well({ service: false, answers: false, state: "" }) };
    assert.deepEqual(ladder("worker-1", { facts }), ["start worker-1", "restart worker-1", "replace worker-1"]);
  });

  it("leaves a silent host that existed before the stack to a person, and claims it again once it was re-installed", () => {
    const facts = { "worker-1": silent };
    assert.match(
      left(climb("worker-1", { facts, createsHosts: false })),
      /doesn't answer by SSH, and only a person.*set its address and hostKey.*seen last: no answer in 8 s/,
    );
    // The same silence of a host that the program created ends with another one.
    assert.deepEqual(ladder("worker-1", { facts }), ["replace worker-1"]);
    const reinstalled = { facts: { "worker-1": well() }, createsHosts: false, instance: "re-installed" } as const;
    assert.deepEqual(ladder("worker-1", reinstalled), ["replace worker-1"]);
  });

  it("leaves a host that shows another host key to a person, who trusts it", () => {
    const seen = "it shows another host key than the pinned one: another server answers there";
    const facts = { "worker-1": { reached: false, seen } as const };
    assert.match(
      left(climb("worker-1", { facts, createsHosts: false })),
      /re-installed, or another machine answers.*npm run trust-hosts -- local --renew, then npm run repair -- local/,
    );
  });

  it("restarts a Docker engine that hangs", () => {
    const facts = { "manager-2": well({ answers: false, state: "" }) };
    assert.deepEqual(ladder("manager-2", { facts }), ["restart manager-2", "replace manager-2"]);
  });

  it("unlocks a locked manager, and never replaces it", () => {
    const facts = { "manager-2": well({ state: "locked" }) };
    assert.deepEqual(ladder("manager-2", { facts }), ["unlock manager-2"]);
    assert.match(
      left(climb("manager-2", { facts, tried: ["unlock manager-2"] })),
      /no known key fits\. .*SWARM_HA_UNLOCK_KEY.*npm run repair -- local/,
    );
  });

  it("restarts, then rejoins, then replaces a host that runs and isn't Ready", () => {
    const facts = { "worker-1": well() };
    assert.deepEqual(ladder("worker-1", { facts }), ["restart worker-1", "rejoin worker-1", "replace worker-1"]);
  });

  it("rejoins at once a host that the swarm doesn't have", () => {
    const facts = { "worker-1": well({ state: "inactive" }) };
    assert.deepEqual(ladder("worker-1", { facts, node: "absent" }), ["rejoin worker-1", "replace worker-1"]);
  });

  it("rejoins at once a host whose node certificate has expired: no restart helps, and says why", () => {
    const errors = [
      "error while loading TLS certificate in swarm-node.crt: certificate (1 - abc) not valid after Mon, 01 Jan 2030: x509: certificate has expired or is not yet valid",
      "Swarm certificates have expired. To replace them, leave the swarm and join again.",
    ];
    for (const error of errors) {
      const facts = { "worker-1": well({ state: "error", error }) };
      assert.deepEqual(ladder("worker-1", { facts }), ["rejoin worker-1", "replace worker-1"]);
      const rung = climb("worker-1", { facts });
      assert.ok("step" in rung);
      assert.equal(rung.step.why, "its certificate of the swarm has expired");
      assert.match(describeHost("worker-1", facts), /certificate of the swarm has expired/);
    }
    const facts = { "worker-1": well({ state: "error", error: "dial tcp 10.0.1.1:2377: connection refused" }) };
    assert.deepEqual(ladder("worker-1", { facts })[0], "restart worker-1");
    assert.doesNotMatch(describeHost("worker-1", facts), /expired/);
  });

  it("leaves a manager alone that another one can't reach: its successor couldn't join", () => {
    const facts = {
      "manager-1": well({ reach: [to("manager-3", "silent")] }),
      "manager-2": well({ reach: [to("manager-3", "open")] }),
      "manager-3": well(),
    };
    assert.deepEqual(ladder("manager-3", { facts }), []);
    assert.match(left(climb("manager-3", { facts })), /manager-1 can't reach manager-3 on 2377\/tcp \(no answer\)/);
  });

  it("leaves a manager alone that can't reach another one", () => {
    const facts = { "manager-1": well(), "manager-3": well({ reach: [to("manager-1", "silent")] }) };
    assert.match(left(climb("manager-3", { facts })), /manager-3 can't reach manager-1 on 2377/);
  });

  it("doesn't take a dead peer for a cut network", () => {
    const facts = { "manager-2": silent, "manager-3": well({ reach: [to("manager-2", "silent")] }) };
    assert.deepEqual(ladder("manager-3", { facts })[0], "restart manager-3");
  });

  it("replaces at once what is proven dead by two ways of asking, and names the data", () => {
    const facts = { "worker-1": silent, "manager-1": well({ reach: [to("worker-1", "silent", 7946)] }) };
    assert.match(loses(climb("worker-1", { facts })) ?? "", /all volumes on worker-1/);
    // A manager has no tasks, and its store is on the others, too.
    assert.equal(loses(climb("manager-2", { facts: { "manager-2": silent } })), undefined);
  });

  it("doesn't take a host for dead that only the bastion can't reach", () => {
    for (const outcome of ["open", "refused"] as const) {
      const facts = { "worker-1": silent, "manager-1": well({ reach: [to("worker-1", outcome, 7946)] }) };
      assert.match(left(climb("worker-1", { facts })), /manager-1 can, so it isn't dead/);
    }
  });

  it("takes no host for dead while the bastion can't be reached", () => {
    assert.match(
      left(climb("worker-1", { facts: { "worker-1": silent }, bastion: false })),
      /bastion can't be reached/,
    );
  });

  it("replaces a host that is gone without a question, and one that can't be started only with one", () => {
    assert.equal(loses(climb("worker-1", { instance: "gone" })), undefined);
    assert.match(loses(climb("worker-1", { instance: "stopped" })) ?? "", /all volumes/);
  });

  it("names the volumes that go with a host", () => {
    const facts = { "worker-1": well({ volumes: ["db", "wal"] }) };
    const tried = ["restart worker-1", "rejoin worker-1"];
    assert.equal(loses(climb("worker-1", { facts, tried })), "the volumes db and wal on worker-1");
    assert.equal(
      loses(climb("worker-1", { facts, tried, pinned: ["queue"] })),
      "the volumes db and wal on worker-1, and the node of the service queue (pinned to the id of worker-1, a replacement has another)",
    );
  });

  it("names no volumes where a replaced host keeps them, but the services that are pinned to its node", () => {
    const facts = { "worker-1": well({ volumes: ["db", "wal"] }) };
    const tried = ["restart worker-1", "rejoin worker-1"];
    for (const hostTraits of allFacts().flatMap((one) => one.hostTraits ?? [])) {
      assert.ok(hostTraits.keepsVolumes);
      assert.equal(loses(climb("worker-1", { facts, tried, hostTraits })), undefined);
      assert.match(
        loses(climb("worker-1", { facts, tried, hostTraits, pinned: ["queue"] })) ?? "",
        /^the node of the service queue/,
      );
    }
  });

  it("corrects the identity label of the very node that the host is", () => {
    const facts = { "worker-1": well({ nodeId: "id-worker-1" }) };
    const rung = climb("worker-1", { facts, node: "other label" });
    assert.ok("step" in rung && rung.step.kind === "settings");
    assert.deepEqual(rung.step.change, { labels: { "swarm-ha.identity": "instance-worker-1" } });
  });

  it("ends for whatever hosts report, and replaces no reachable host first", () => {
    const report = fc.record({
      service: fc.boolean(),
      answers: fc.boolean(),
      state: fc.constantFrom("active", "inactive", "pending", "error", "locked", ""),
      volumes: fc.subarray(["db", "wal"]),
      reach: fc.array(
        fc.tuple(
          fc.constantFrom("manager-1", "manager-2", "worker-1"),
          fc.constantFrom<Outcome>("open", "silent", "refused"),
        ),
        { maxLength: 3 },
      ),
    });
    const facts = fc.dictionary(
      fc.constantFrom("manager-1", "manager-2", "worker-1"),
      fc.oneof(
        fc.constant(silent),
        report.map((one) => well({ ...one, reach: one.reach.map(([name, outcome]) => to(name, outcome)) })),
      ),
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        facts,
        fc.constantFrom("manager-2", "worker-1"),
        fc.constantFrom("down", "absent"),
        (found, name, node) => {
          const rungs = ladder(name, { facts: found, node });
          const own = found[name];
          if (own?.reached === true) assert.notEqual(rungs[0], `replace ${name}`, rungs.join());
          assert.ok(rungs.indexOf(`replace ${name}`) === rungs.length - 1 || !rungs.includes(`replace ${name}`));
        },
      ),
    );
  });
});

describe("describeHost", () => {
  it("tells unreachable from dead", () => {
    const facts = {
      "manager-1": well({
        reach: [to("manager-2", "silent"), to("manager-2", "silent", 7946), to("worker-1", "open", 7946)],
      }),
      "manager-2": well(),
      "worker-1": silent,
      "worker-2": well({ service: false }),
      "worker-3": silent,
    };
    assert.equal(
      describeHost("manager-2", facts),
      "manager-1 can't reach manager-2 on 2377/tcp (no answer), 7946/tcp (no answer)",
    );
    assert.match(describeHost("worker-1", facts), /the bastion can't log in .* but manager-1 can reach it/);
    assert.equal(describeHost("worker-2", facts), "the host runs, its Docker engine is stopped");
    assert.equal(describeHost("worker-3", facts), "the bastion can't log in to the host (no answer in 8 s)");
    assert.equal(describeHost("registry-1", facts), "");
  });
});

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { evaluate } from "../../../cli/cluster/evaluate";
import type { LiveNode, ManagerAnswer, Problem } from "../../../cli/cluster/model";
import { found, member, nodeOf, nodesOf, SWARM, wanted } from "./support";

const desired = wanted();
const host = (name: string) => {
  const one = desired.nodes.find((node) => node.name === name);
  assert.ok(one);
  return one;
};

/** The problems with these nodes. */
function problems(changes: Record<string, Partial<LiveNode> | undefined>, extra: LiveNode[] = []): readonly Problem[] {
  return evaluate(desired, found(desired, nodesOf(desired, changes, extra))).problems;
}

/** Asserts that there is a problem of that kind about that host, whose text has all these parts. */
function has(list: readonly Problem[], kind: Problem["kind"], name: string | undefined, ...parts: string[]): void {
  const problem = list.find((one) => one.kind === kind && (name === undefined || one.hosts.includes(name)));
  assert.ok(problem, `no ${kind} problem in: ${JSON.stringify(list)}`);
  for (const part of parts) assert.ok(problem.text.includes(part), `"${part}" isn't in: ${problem.text}`);
}

describe("evaluate", () => {
  it("finds no problem in a cluster that is as wanted", () => {
    const { status, exitCode, quorum } = evaluate(desired, found(desired, nodesOf(desired)));
    assert.deepEqual(status.problems, []);
    assert.equal(status.healthy, true);
    assert.equal(exitCode, 0);
    assert.equal(status.swarmId, SWARM);
    assert.equal(status.nodes.length, 9);
    assert.deepEqual(status.nodes[0], {
      name: "manager-1",
      role: "manager",
      zone: "a",
      desired: true,
      nodeId: "id-manager-1",
      status: "Ready",
      availability: "Drain",
      managerStatus: "Leader",
      identity: "instance-manager-1",
    });
    assert.deepEqual(
      Object.entries(status.engines),
      desired.nodes.map(({ name }) => [name, "26.1.5+dfsg1"]),
    );
    assert.equal(status.nodes.at(-1)?.managerStatus, "");
    assert.deepEqual(status.loadBalancers.manager, {
      url: "tcp://127.0.0.1:2376",
      healthy: ["manager-1", "manager-2", "manager-3"],
      unhealthy: [],
      unknown: [],
    });
    assert.deepEqual(quorum, { managers: 3, counting: 3, margin: 1 });
  });

  it("reports of a dead manager since when, its answer, how many more may be lost, and the remedy", () => {
    const list = problems({
      "manager-2": { state: "down", reachability: "unreachable", message: "heartbeat failure" },
    });
    has(list, "manager", "manager-2", "manager in b", "Down since 03:00:05 UTC (4 min ago)", "heartbeat failure");
    has(list, "manager", "manager-2", "connection refused", "npm run repair -- local");
    has(list, "quorum", "manager-2", "2 of 3 are Ready and Reachable", "No further manager");
    assert.equal(list.length, 2, "its absence from the load balancer is no news");
  });

  it("doesn't count a manager that is Down but Reachable, nor one that is Ready but Unreachable", () => {
    for (const change of [{ state: "down" }, { reachability: "unreachable" }]) {
      const { quorum, exitCode } = evaluate(desired, found(desired, nodesOf(desired, { "manager-3": change })));
      assert.equal(quorum.counting, 2);
      assert.equal(exitCode, 1);
    }
  });

  it("reports workers and registry nodes that are down or missing", () => {
    has(problems({ "worker-1": { state: "down" } }), "node", "worker-1", "Down");
    has(problems({ "registry-3": undefined }), "node", "registry-3", "is not in the swarm");
    const { status } = evaluate(desired, found(desired, nodesOf(desired, { "registry-3": undefined })));
    assert.equal(status.nodes.find((node) => node.name === "registry-3")?.status, "Missing");
  });

  it("distinguishes a former node of a name from the current one", () => {
    const old = nodeOf(host("worker-1"), { id: "old", state: "down", labels: { "swarm-ha.identity": "before" } });
    const { status, problems: list } = evaluate(desired, found(desired, nodesOf(desired, {}, [old])));
    has(list, "stale-node", "worker-1", "old", "former node", "npm run repair -- local");
    assert.deepEqual(
      status.nodes.filter((node) => node.name === "worker-1").map((node) => [node.nodeId, node.desired]),
      [
        ["id-worker-1", true],
        ["old", false],
      ],
    );
  });

  it("takes a dead node with another identity for a stale one, and a live one for an identity problem", () => {
    const labels = { ...nodeOf(host("worker-2")).labels, "swarm-ha.identity": "another-instance" };
    const dead = problems({ "worker-2": { state: "down", labels } });
    has(dead, "node", "worker-2", "is not in the swarm");
    has(dead, "stale-node", "worker-2");
    const alive = problems({ "worker-2": { labels } });
    has(alive, "identity", "worker-2", "another-instance", "instance-worker-2");
    assert.equal(alive.length, 1);
  });

  it("leaves live unwanted nodes to a person, with the commands", () => {
    const stranger = nodeOf(host("manager-3"), { id: "x1", hostname: "stranger" });
    const list = problems({}, [stranger]);
    has(
      list,
      "stale-node",
      "stranger",
      "but not in the stack",
      "node demote x1",
      "node rm --force x1",
      "weakens the majority",
    );
  });

  it("finds wrong roles, availability and labels", () => {
    has(problems({ "manager-2": { availability: "active" } }), "availability", "manager-2", "tasks may land");
    has(problems({ "worker-2": { availability: "drain" } }), "availability", "worker-2", "no task lands");
    has(problems({ "worker-2": { labels: {} } }), "labels", "worker-2", "swarm-ha.zone", "swarm-ha.identity");
    has(problems({ "worker-2": { engineLabels: {} } }), "labels", "worker-2", "storage", "replace");
    has(problems({ "manager-2": { role: "worker", reachability: "" } }), "role", "manager-2", "as a worker");
    has(problems({ "worker-2": { role: "manager", reachability: "reachable" } }), "role", "worker-2", "as a manager");
  });

  it("finds two leaders, and none", () => {
    const [one, two] = [
      nodesOf(desired),
      nodesOf(desired, { "manager-1": { leader: false }, "manager-2": { leader: true } }),
    ];
    const answer = (name: string, nodes: LiveNode[]): ManagerAnswer => ({
      name,
      answered: true,
      localState: "active",
      swarmId: SWARM,
      nodes,
    });
    const answers = [answer("manager-1", one), answer("manager-2", two), answer("manager-3", two)];
    has(
      evaluate(desired, found(desired, one, { answers })).problems,
      "leader",
      undefined,
      "different leaders",
      "id-manager-2",
    );
    has(problems({ "manager-1": { leader: false } }), "leader", undefined, "no leader");
  });

  it("finds a second swarm, and uses the stack's own", () => {
    const foreign: ManagerAnswer = {
      name: "manager-1",
      answered: true,
      localState: "active",
      swarmId: "another",
      nodes: [nodeOf(host("manager-1"))],
    };
    const nodes = nodesOf(desired, { "manager-1": undefined, "manager-2": { leader: true } });
    const live = found(desired, nodes);
    const evaluation = evaluate(desired, { ...live, answers: [foreign, ...live.answers.slice(1)] });
    has(evaluation.problems, "swarm", "manager-1", "another swarm (another)", SWARM);
    assert.equal(evaluation.status.swarmId, SWARM);
    has(evaluation.problems, "manager", "manager-1", "is not in the swarm");
  });

  it("follows the swarm that was recovered last, and finds managers with the data from before", () => {
    const nodes = nodesOf(desired, { "manager-2": { leader: true }, "manager-1": { leader: false } });
    const answer = { answered: true, localState: "active", swarmId: SWARM, nodes } as const;
    const answers: ManagerAnswer[] = [
      { ...answer, name: "manager-1", nodes: nodesOf(desired), recovered: "2030-01-01T00:00:00Z" },
      { ...answer, name: "manager-2" },
      { ...answer, name: "manager-3", recovered: "2030-01-02T00:00:00Z", nodes: nodesOf(desired) },
    ];
    const { problems: list, status } = evaluate(desired, found(desired, [], { answers }));
    assert.deepEqual(
      list.filter(({ kind }) => kind === "swarm").map(({ hosts }) => hosts),
      [["manager-1"], ["manager-2"]],
    );
    assert.equal(status.nodes.find(({ managerStatus }) => managerStatus === "Leader")?.name, "manager-1");
    // Both have leaders, and that isn't an election.
    assert.deepEqual(
      list.filter(({ kind }) => kind === "leader"),
      [],
    );
    const same = answers.map((one) => ({ ...one, recovered: "2030-01-02T00:00:00Z", nodes: nodesOf(desired) }));
    assert.ok(!evaluate(desired, found(desired, [], { answers: same })).problems.some(({ kind }) => kind === "swarm"));
  });

  it("is unreachable when no manager can list the nodes, with the reason of each", () => {
    const answers: ManagerAnswer[] = [
      { name: "manager-1", answered: true, localState: "active", swarmId: "", nodes: { error: "HTTP 503: no leader" } },
      { name: "manager-2", answered: false, seen: "no answer in 5 s while connecting to its API" },
      { name: "manager-3", answered: true, localState: "locked", swarmId: "", nodes: { error: "HTTP 503: locked" } },
    ];
    const { exitCode, status, problems: list } = evaluate(desired, found(desired, [], { answers }));
    assert.equal(exitCode, 2);
    assert.equal(status.swarmId, SWARM);
    assert.ok(status.nodes.every((node) => node.status === "Unknown"));
    has(
      list,
      "unreachable",
      undefined,
      "manager-1: HTTP 503: no leader",
      "manager-2: no answer",
      '"locked"',
      "npm run recover -- local",
    );
  });

  it("names locked managers first, with the command that unlocks them", () => {
    const locked = (name: string): ManagerAnswer => ({
      ...{
        name,
        answered: true,
        localState: "locked",
        swarmId: "",
        nodes: { error: "HTTP 503: needs to be unlocked" },
      },
    });
    const all = ["manager-1", "manager-2", "manager-3"].map(locked);
    const seen = evaluate(desired, found(desired, [], { answers: all }));
    assert.equal(
      seen.status.problems[0],
      "manager-1, manager-2 and manager-3 are locked (autolock): their Docker engines were restarted, and wait for the unlock " +
        "key. Unlock: npm run repair -- local",
    );
    const nodes = nodesOf(desired, { "manager-2": { state: "down", reachability: "unreachable" } });
    const well = found(desired, nodes);
    const one = {
      ...well,
      answers: well.answers.map((answer) => (answer.name === "manager-2" ? locked("manager-2") : answer)),
    };
    const { problems: list, exitCode } = evaluate(desired, one);
    assert.equal(exitCode, 1);
    assert.match(
      list[0]?.text ?? "",
      /^manager-2 is locked \(autolock\): its Docker engine was restarted, and waits for/,
    );
  });

  it("uses the load balancer when the bastion is dead, and reports that", () => {
    const answers: ManagerAnswer[] = [
      {
        name: "the manager load balancer",
        answered: true,
        localState: "active",
        swarmId: SWARM,
        nodes: nodesOf(desired),
      },
    ];
    const live = found(desired, [], {
      answers,
      bastionError: "127.0.0.1:2222: connect ECONNREFUSED",
      loadBalancers: { manager: { error: "the bastion can't be reached" } },
    });
    const { exitCode, status, problems: list } = evaluate(desired, live);
    assert.equal(exitCode, 1);
    has(list, "bastion", "bastion", "ECONNREFUSED", "npm run repair -- local");
    assert.deepEqual(status.loadBalancers.manager?.unknown, ["manager-1", "manager-2", "manager-3"]);
    assert.equal(list.length, 2);
  });

  it("reports members as unknown, with the reason, where a platform's load balancers have no table: that alone is no problem", () => {
    const live = found(desired, nodesOf(desired), { loadBalancers: { manager: { unknown: "it has no table" } } });
    const { exitCode, status } = evaluate(desired, live);
    assert.equal(exitCode, 0);
    assert.deepEqual(status.problems, []);
    assert.deepEqual(status.loadBalancers.manager, {
      url: "tcp://127.0.0.1:2376",
      healthy: [],
      unhealthy: [],
      unknown: ["manager-1", "manager-2", "manager-3"],
      reason: "it has no table",
    });
  });

  it("reports members that are out, not registered, or unmanaged", () => {
    const members = [member("manager-1", true), member("manager-2", false), member("manager-9", true)];
    const live = found(desired, nodesOf(desired), { loadBalancers: { manager: members } });
    const { status, problems: list } = evaluate(desired, live);
    has(list, "loadBalancer", "manager-2", "35 s", "L4CON");
    has(list, "loadBalancer", "manager-3", "manager-3 is not registered with the manager load balancer");
    has(list, "loadBalancer", "manager-9", "unmanaged members: manager-9");
    assert.deepEqual(status.loadBalancers.manager?.unhealthy, ["manager-2", "manager-3"]);
  });

  it("reports a manager that counts but whose API doesn't answer", () => {
    const live = found(desired, nodesOf(desired));
    const answers = live.answers.map((answer): ManagerAnswer =>
      answer.name === "manager-3" ? { name: "manager-3", answered: false, seen: "TLS: expired" } : answer,
    );
    has(evaluate(desired, { ...live, answers }).problems, "api", "manager-3", "TLS: expired");
  });

  it("reports an up that didn't finish", () => {
    const list = evaluate({ ...desired, unfinished: ["worker-3"] }, found(desired, nodesOf(desired))).problems;
    has(list, "unfinished", "worker-3", "npm run pulumi -- up --stack local");
  });

  it("names containers that a killed run has left", () => {
    const live = found(desired, nodesOf(desired), { unmanaged: ["local-worker-6"] });
    has(evaluate(desired, live).problems, "unmanaged", "local-worker-6", "npm run repair -- local");
  });

  const changed = fc.record(
    {
      state: fc.constantFrom("ready", "down", "unknown", "disconnected"),
      reachability: fc.constantFrom("", "reachable", "unreachable", "unknown"),
      role: fc.constantFrom("manager" as const, "worker" as const),
      availability: fc.constantFrom("active", "drain", "pause"),
      leader: fc.boolean(),
      labels: fc.constantFrom({}, { "swarm-ha.identity": "other" }),
      updatedAt: fc.constantFrom("", "2030-01-02T03:00:05Z", "nonsense"),
    },
    { requiredKeys: [] },
  );
  const changes = fc.dictionary(
    fc.constantFrom(...desired.nodes.map((node) => node.name)),
    fc.option(changed, { nil: undefined }),
    { noNullPrototype: true },
  );

  it("is healthy exactly when there is no problem, and shows every wanted host once in any case", () => {
    fc.assert(
      fc.property(changes, fc.array(fc.constantFrom(...desired.nodes), { maxLength: 3 }), (change, doubles) => {
        const extra = doubles.map((one, i) => nodeOf(one, { id: `double-${i}`, state: i === 0 ? "down" : "ready" }));
        const nodes = nodesOf(desired, change, extra);
        const { status, exitCode, problems: list } = evaluate(desired, found(desired, nodes));
        assert.equal(status.healthy, status.problems.length === 0);
        assert.equal(exitCode === 0, status.healthy);
        assert.deepEqual(
          status.nodes.filter((node) => node.desired).map((node) => node.name),
          desired.nodes.map((node) => node.name),
        );
        if (exitCode !== 2) {
          const shown = status.nodes.map((node) => node.nodeId).filter((id) => id !== "");
          assert.deepEqual(new Set(shown), new Set(nodes.map((node) => node.id)), "every node is shown");
        }
        for (const node of exitCode === 2 ? [] : status.nodes.filter((one) => one.desired && one.status !== "Ready")) {
          assert.ok(
            list.some((one) => one.hosts.includes(node.name)),
            `nobody tells of ${node.name}`,
          );
        }
      }),
    );
  });
});

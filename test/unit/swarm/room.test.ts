import assert from "node:assert/strict";
import { bash } from "../../support/bash";

interface NodeShape {
  readonly labels?: Readonly<Record<string, string>>;
  readonly memory?: number;
  readonly availability?: string;
  readonly state?: string;
}

function node(
  name: string,
  { labels = {}, memory = 8, availability = "active", state = "ready" }: NodeShape = {},
): object {
  return {
    ID: `id-${name}`,
    Spec: { Role: "worker", Availability: availability, Labels: { "swarm-ha.role": "worker", ...labels } },
    Status: { State: state },
    Description: {
      Hostname: name,
      Platform: { OS: "linux", Architecture: "x86_64" },
      Engine: { Labels: { storage: "ssd" } },
      Resources: { NanoCPUs: 2e9, MemoryBytes: memory * 2 ** 30 },
    },
  };
}

interface ServiceShape {
  readonly constraints?: readonly string[];
  readonly most?: number;
  readonly memory?: number;
  readonly hostPort?: number;
  readonly mode?: object;
  readonly restart?: string;
  readonly platforms?: readonly object[];
}

const resources = (memory: number): object => ({ Reservations: { MemoryBytes: memory * 2 ** 30 } });

function service(name: string, shape: ServiceShape = {}): object {
  const { constraints = [], most = 0, memory = 0, hostPort, mode = { Replicated: { Replicas: 2 } }, platforms } = shape;
  return {
    ID: `s-${name}`,
    Spec: {
      Name: name,
      Mode: mode,
      TaskTemplate: {
        Placement: { Constraints: constraints, MaxReplicas: most, Platforms: platforms },
        Resources: resources(memory),
        RestartPolicy: { Condition: shape.restart ?? "any" },
      },
      EndpointSpec:
        hostPort === undefined ? {} : { Ports: [{ Protocol: "tcp", PublishedPort: hostPort, PublishMode: "host" }] },
    },
  };
}

function task(of: string, on: string, memory = 0, state = "running"): object {
  return { ServiceID: `s-${of}`, NodeID: `id-${on}`, Status: { State: state }, Spec: { Resources: resources(memory) } };
}

/** What scripts/lib/room.sh says when these nodes leave. */
function without(nodes: object[], services: object[], tasks: object[], leaving: string[]): string[] {
  const { code, stdout, stderr } = bash(
    `set -Eeuo pipefail; . scripts/lib/room.sh
     cluster() { case $2 in /nodes) reply=$NODES ;; /services) reply=$SERVICES ;; /tasks) reply=$TASKS ;; esac; }
     room_without "$LEAVING"; printf '%s' "$without"`,
    {
      env: {
        NODES: JSON.stringify(nodes),
        SERVICES: JSON.stringify(services),
        TASKS: JSON.stringify(tasks),
        LEAVING: JSON.stringify(leaving.map((name) => `id-${name}`)),
      },
    },
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as string[];
}

const three = [node("w1"), node("w2"), node("w3")];
const only = (found: string[]): string => (found.length === 1 ? (found[0] ?? "") : assert.fail(JSON.stringify(found)));

describe("room for the tasks of nodes that leave", () => {
  it("is there for tasks that may run anywhere", () => {
    assert.deepEqual(without(three, [service("web")], [task("web", "w1"), task("web", "w2")], ["w1"]), []);
  });

  it("isn't there when every other node has as many replicas as it may", () => {
    const tasks = three.map((_, i) => task("web", `w${i + 1}`));
    assert.equal(
      only(without(three, [service("web", { most: 1 })], tasks, ["w1"])),
      "the service web (1 task): its limit of 1 per node is reached on w2, w3",
    );
  });

  it("isn't there for a task that is pinned to its node, by whatever", () => {
    const labelled = [node("w1", { labels: { disk: "ssd" } }), node("w2"), node("w3", { labels: { disk: "hdd" } })];
    for (const constraint of ["node.hostname == w1", "node.id==id-w1", "node.labels.disk==SSD", "node.hostname!=w2,"]) {
      const constraints = constraint.endsWith(",") ? ["node.hostname!=w2", "node.hostname != w3"] : [constraint];
      const found = without(labelled, [service("db", { constraints })], [task("db", "w1")], ["w1"]);
      assert.match(only(found), /^the service db \(1 task\): .* excludes/, constraint);
    }
  });

  it("is there where constraints are met, and where it can't be told", () => {
    const constraints = [
      "engine.labels.storage==ssd",
      "node.role!=manager",
      "node.platform.os==linux",
      "node.ip==10.0.0.0/8",
    ];
    assert.deepEqual(without(three, [service("db", { constraints })], [task("db", "w1")], ["w1"]), []);
  });

  it("counts reservations, largest first, and what tasks that have found room take", () => {
    const nodes = [node("w1"), node("w2", { memory: 4 }), node("w3", { memory: 2 })];
    const services = [service("big", { memory: 3 }), service("small", { memory: 2 })];
    const tasks = [task("small", "w1", 2), task("big", "w1", 3)];
    assert.deepEqual(without(nodes, services, tasks, ["w1"]), []);
    assert.match(
      only(without(nodes, services, [...tasks, task("small", "w1", 2)], ["w1"])),
      /^the service small \(1 task\): its memory reservation does not fit on w2, w3$/,
    );
    assert.match(
      only(without(nodes, services, [...tasks, task("small", "w3", 2)], ["w1"])),
      /service small \(1 task\)/,
    );
  });

  it("isn't there when a host port is taken, by whichever service", () => {
    const services = [service("web", { hostPort: 8080 }), service("other", { hostPort: 8080 })];
    const tasks = [task("web", "w1"), task("other", "w2"), task("other", "w3")];
    assert.match(
      only(without(three, services, tasks, ["w1"])),
      /service web \(1 task\): host port 8080\/tcp is taken on w2, w3/,
    );
    assert.deepEqual(without(three, services, [task("web", "w1"), task("other", "w2")], ["w1"]), []);
  });

  it("isn't there on nodes that leave, too, that are drained, or that are down", () => {
    const nodes = [node("w1"), node("w2", { availability: "drain" }), node("w3", { state: "down" }), node("w4")];
    assert.deepEqual(without(nodes, [service("web")], [task("web", "w1")], ["w1"]), []);
    assert.match(
      only(without(nodes, [service("web")], [task("web", "w1"), task("web", "w4")], ["w1", "w4"])),
      /the service web \(2 tasks\): no other node is Ready and Active/,
    );
  });

  it("isn't asked for by tasks that go nowhere: global ones, ended ones, those that nobody restarts", () => {
    const constraints = ["node.hostname==w1"];
    const services = [
      service("everywhere", { mode: { Global: {} }, constraints }),
      service("once", { restart: "none", constraints }),
      service("ended", { constraints }),
    ];
    const tasks = [task("everywhere", "w1"), task("once", "w1"), task("ended", "w1", 0, "shutdown")];
    assert.deepEqual(without(three, services, tasks, ["w1"]), []);
  });

  it("takes the names that Docker engines and images have for an architecture for the same", () => {
    const fits = [{ OS: "linux", Architecture: "amd64" }];
    assert.deepEqual(without(three, [service("web", { platforms: fits })], [task("web", "w1")], ["w1"]), []);
    const arm = service("web", { platforms: [{ OS: "linux", Architecture: "arm64" }] });
    assert.match(only(without(three, [arm], [task("web", "w1")], ["w1"])), /its platform excludes w2, w3/);
  });
});

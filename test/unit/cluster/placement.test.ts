import assert from "node:assert/strict";
import * as fc from "fast-check";
import { capacities } from "../../../cli/cluster/placement/eligible";
import { countsOf } from "../../../cli/cluster/placement/spread";
import { readPlacements } from "../../../cli/cluster/placement/read";
import type { Placements } from "../../../cli/cluster/placement/model";
import { bash } from "../../support/bash";

/** A swarm as the Docker API shows it. */
interface Shown {
  readonly nodes: readonly object[];
  readonly services: readonly object[];
  readonly tasks: readonly object[];
}

function read({ nodes, services, tasks }: Shown): Promise<Placements> {
  return readPlacements((_method, path) =>
    Promise.resolve(path === "/nodes" ? nodes : path === "/services" ? services : tasks),
  );
}

function node(name: string, labels: object, memory: number, availability = "active", state = "ready"): object {
  return {
    ID: `id-${name}`,
    Spec: { Role: "worker", Availability: availability, Labels: labels },
    Status: { State: state },
    Description: {
      Hostname: name,
      Platform: { OS: "linux", Architecture: "x86_64" },
      Engine: { Labels: { storage: "ssd" } },
      Resources: { NanoCPUs: 2e9, MemoryBytes: memory },
    },
  };
}

const reservations = (memory: number): object => ({ Reservations: { MemoryBytes: memory } });

function service(name: string, template: object, more: object = {}): object {
  return {
    ID: `s-${name}`,
    Spec: { Name: name, Mode: { Replicated: { Replicas: 3 } }, TaskTemplate: template, ...more },
  };
}

function task(of: string, on: string, memory: number): object {
  const Spec = { Resources: reservations(memory) };
  return { ServiceID: `s-${of}`, NodeID: `id-${on}`, DesiredState: "running", Status: { State: "running" }, Spec };
}

describe("the services that the scheduler places", () => {
  it("are read with Docker's defaults, and with what keeps their tasks where they are", async () => {
    const mounts = [
      { Type: "volume", Source: "data", Target: "/data" },
      { Type: "bind", Source: "/srv", Target: "/srv" },
      { Type: "bind", Source: "/var/run/docker.sock", Target: "/s", ReadOnly: true },
      { Type: "tmpfs", Target: "/tmp" },
      { Type: "volume", Source: "nfs", Target: "/n", VolumeOptions: { DriverConfig: { Options: { type: "nfs" } } } },
      { Type: "volume", Source: "ebs", Target: "/e", VolumeOptions: { DriverConfig: { Name: "rexray/ebs" } } },
    ];
    const env = ["ID={{.Task.Slot}}"];
    const { services } = await read({
      nodes: [],
      tasks: [],
      services: [
        service("plain", { ContainerSpec: {} }),
        service(
          "full",
          { ForceUpdate: 4, ContainerSpec: { Mounts: mounts, Env: env } },
          {
            Labels: { "swarm-ha.rebalance": "2+1" },
            UpdateConfig: { Parallelism: 0, Delay: 2e9, Order: "start-first" },
          },
        ),
        { ID: "s-global", Spec: { Name: "global", Mode: { Global: {} }, TaskTemplate: {} } },
      ],
    });
    const [plain, full, global] = services;
    assert.ok(plain && full && global);
    assert.deepEqual(plain.update, { order: "stop-first", parallelism: 1, delay: 0, monitor: 5, restart: 70 });
    assert.deepEqual([plain.replicas, plain.data, plain.numbered, plain.unfinished], [3, [], false, undefined]);
    assert.deepEqual(full.data, ["data", "/srv"]);
    assert.deepEqual([full.numbered, full.unfinished, full.forced], [true, 2, 4]);
    assert.equal(full.update.order, "start-first");
    assert.equal(full.update.parallelism, 0);
    assert.equal(global.replicas, undefined);
  });

  it("have a stale label where it names no additional replicas that are there", async () => {
    const labelled = (Labels: object): Promise<Placements> =>
      read({ nodes: [], tasks: [], services: [service("web", { ContainerSpec: {} }, { Labels })] });
    const stale = async (label: string): Promise<boolean> =>
      (await labelled({ "swarm-ha.rebalance": label })).services[0]?.stale === true;
    // It has three replicas.
    assert.deepEqual([await stale("3+1"), await stale("5+1"), await stale("2+1")], [true, true, false]);
    assert.equal((await labelled({})).services[0]?.stale, undefined);
  });

  it("have the nodes that are Ready and Active, and tasks that aren't about to end", async () => {
    const placements = await read({
      nodes: [node("a", {}, 1), node("b", {}, 1, "drain"), node("c", {}, 1, "active", "down")],
      services: [service("web", {})],
      tasks: [task("web", "a", 0), { ...task("web", "b", 0), Status: { State: "failed" } }],
    });
    assert.deepEqual(
      placements.nodes.map(({ name }) => name),
      ["a"],
    );
    assert.equal(placements.tasks.length, 1);
  });
});

/** Swarms of which a worker leaves, with one service's task on it. */
const swarms = fc
  .record({
    others: fc.integer({ min: 1, max: 3 }),
    labels: fc.array(fc.constantFrom("ssd", "hdd", "SSD"), { minLength: 4, maxLength: 4 }),
    memory: fc.constantFrom(0, 2, 5),
    most: fc.constantFrom(0, 1, 2),
    port: fc.boolean(),
    constraint: fc.constantFrom(
      ...[
        [],
        ["node.labels.disk==ssd"],
        ["node.labels.disk != ssd"],
        ["node.hostname!=w1"],
        ["engine.labels.storage==hdd"],
      ],
      ...[["node.role == worker", "node.labels.none == "], ["node.ip==10.0.0.1"], ["node.platform.arch==x86_64"]],
    ),
    platform: fc.constantFrom(
      undefined,
      { OS: "linux", Architecture: "amd64" },
      { OS: "linux", Architecture: "arm64" },
    ),
    own: fc.array(fc.nat(2), { maxLength: 2 }),
    foreign: fc.array(fc.record({ on: fc.nat(2), memory: fc.constantFrom(1, 3) }), { maxLength: 3 }),
  })
  .map(({ others, labels, memory, most, port, constraint, platform, own, foreign }): Shown => {
    const names = Array.from({ length: others }, (_, i) => `w${i + 1}`);
    const at = (i: number): string => names[i % others] ?? "";
    const ports = port
      ? { EndpointSpec: { Ports: [{ PublishedPort: 80, PublishMode: "host", Protocol: "tcp" }] } }
      : {};
    const Placement = { Constraints: constraint, MaxReplicas: most, ...(platform && { Platforms: [platform] }) };
    // One that holds its port, and one that doesn't.
    const placed = [...new Set(own.map(at))];
    return {
      nodes: [node("leaving", { disk: "ssd" }, 9), ...names.map((name, i) => node(name, { disk: labels[i] }, 6))],
      services: [service("web", { Placement, Resources: reservations(memory) }, ports), service("proxy", {}, ports)],
      tasks: [
        task("web", "leaving", memory),
        ...placed.map((name) => task("web", name, memory)),
        ...foreign.map(({ on, memory: taken }) => task("proxy", at(on), taken)),
      ],
    };
  });

describe("the scheduler's rules", () => {
  it("are the same here and on the bastion, which computes whether a drained node's tasks have room", async () => {
    const cases = fc.sample(swarms, { numRuns: 40, seed: 7 });
    const input = cases
      .flatMap(({ nodes, services, tasks }) => [nodes, services, tasks].map((part) => JSON.stringify(part)))
      .join("\n");
    const { code, stdout, stderr } = bash(
      `set -Eeuo pipefail; shopt -s lastpipe; . scripts/lib/room.sh
       cluster() { case $2 in /nodes) reply=$one ;; /services) reply=$two ;; /tasks) reply=$three ;; esac; }
       while read -r one && read -r two && read -r three; do
         room_without '["id-leaving"]'; printf '%s\\n' "$without"
       done <<<"$INPUT"`,
      { env: { INPUT: input } },
    );
    assert.equal(code, 0, stderr);
    const answers = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as string[]);
    assert.equal(answers.length, cases.length);
    // Both answers are among the examples.
    assert.equal(new Set(answers.map(({ length }) => length)).size, 2);
    for (const [i, shown] of cases.entries()) {
      const all = await read(shown);
      const left = {
        ...all,
        nodes: all.nodes.filter(({ name }) => name !== "leaving"),
        tasks: all.tasks.filter(({ nodeId }) => nodeId !== "id-leaving"),
      };
      const [web] = left.services;
      assert.ok(web);
      const counts = countsOf(web, left);
      const room = [...capacities(web, left)].some(([id, most]) => most > (counts.get(id) ?? 0));
      assert.equal(room, answers[i]?.length === 0, `${JSON.stringify(shown)}: ${String(answers[i])}`);
    }
  });
});
